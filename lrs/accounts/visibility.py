"""Whom a person sees: teachers their classes, guardians one learner, learners themselves."""

from __future__ import annotations

from urllib.parse import quote

from lrs.accounts.accounts import Account
from lrs.accounts.roles import FAMILY, PersonRole
from schemas.catalog import Catalog, Class
from schemas.roster import rostered

_ALL = (PersonRole.OPERATOR, PersonRole.LEADER)


def sees_class(account: Account, class_: Class | None) -> bool:
    """Whether this person may see a class and its board. None: one that nobody confirmed yet."""
    if account.role in _ALL:
        return True
    return class_ is not None and account.role is PersonRole.TEACHER and account.person in class_.teachers


def sees_learner(account: Account, catalog: Catalog, learner: str) -> bool:
    """Whether what is known of a learner (by key) is for this person."""
    if account.role in _ALL:
        return True
    if account.role is PersonRole.TEACHER:
        classes = (class_ for class_ in catalog.classes.values() if account.person in class_.teachers)
        people = catalog.people
        whose = people.person(learner)
        members = (member for class_ in classes for member in class_.learners)
        return any(member.learner == learner or people.member(member) == whose for member in members)
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


def _keys(catalog: Catalog, person: str) -> set[str]:
    """The keys of a person who learns: a key itself, and those of the members of classes."""
    members = (m for class_ in catalog.classes.values() for m in class_.learners if m.person == person)
    return {person, *(member.learner for member in members)}


def _is(catalog: Catalog, person: str, learner: str) -> bool:
    """Whether a key names the person of a roster's id, or of a key, after all merging."""
    people = catalog.people
    return people.person(learner) in (people.person(person), people.person(rostered(person)))
