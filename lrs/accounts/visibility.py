"""Whom a person sees: principals the classes of their schools, teachers their own, guardians one learner, learners
themselves. Which schools are a principal's, and which classes a teacher's, is what the roster says now."""

from __future__ import annotations

from urllib.parse import quote

from lrs.accounts.accounts import Account
from lrs.accounts.roles import FAMILY, STAFF, PersonRole
from schemas.catalog import Catalog, Class
from schemas.roster import rostered

_SEE_ALL = (PersonRole.OPERATOR, PersonRole.LEADER)


def sees_class(account: Account, catalog: Catalog, class_: Class | None) -> bool:
    """Whether this person may see a class and its board. None: one that nobody confirmed yet."""
    if account.role in _SEE_ALL:
        return True
    if class_ is None:
        return False
    if account.role is PersonRole.PRINCIPAL:
        person = catalog.persons.get(account.person)
        return person is not None and class_.school != "" and class_.school in person.schools
    return account.role is PersonRole.TEACHER and account.person in class_.teachers


def sees_learner(account: Account, catalog: Catalog, learner: str) -> bool:
    """Whether what is known of a learner (by key) is for this person."""
    if account.role in _SEE_ALL:
        return True
    if account.role in STAFF:
        people = catalog.people
        if any(sees_class(account, catalog, class_) for class_ in people.classes.get(people.person(learner), ())):
            return True
        # A class may know somebody by a key that is another person's by now.
        classes = (class_ for class_ in catalog.classes.values() if sees_class(account, catalog, class_))
        return any(member.learner == learner for class_ in classes for member in class_.learners)
    own = account.role in FAMILY
    return own and (learner in _keys(catalog, account.person) or _is(catalog, account.person, learner))


def page_key(account: Account, catalog: Catalog) -> str:
    """The key by which the page of an account's own person is asked for."""
    if account.person in catalog.persons:
        return rostered(account.person)
    # A class may name a member by an id of the roster that no roster brought.
    members = (m for class_ in catalog.classes.values() for m in class_.learners if m.person == account.person)
    return next((member.learner for member in members), account.person)


def own_page(account: Account, catalog: Catalog) -> str:
    """The path of the page that a learner's or a guardian's account is for; "" of other roles."""
    family = account.role in FAMILY
    return f"/board/learners/{quote(page_key(account, catalog), safe='')}" if family else ""


def first_page(account: Account, catalog: Catalog) -> str:
    """The path of the page that an account opens first."""
    if path := own_page(account, catalog):
        return path
    return "/" if account.role is PersonRole.OPERATOR else "/board"


def _keys(catalog: Catalog, person: str) -> set[str]:
    """The keys of a person who learns: a key itself, and those of the members of classes."""
    members = (m for class_ in catalog.classes.values() for m in class_.learners if m.person == person)
    return {person, *(member.learner for member in members)}


def _is(catalog: Catalog, person: str, learner: str) -> bool:
    """Whether a key names the person of a roster's id, or of a key, after all merging."""
    people = catalog.people
    return people.person(learner) in (people.person(person), people.person(rostered(person)))
