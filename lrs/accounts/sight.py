"""Whom a person sees: teachers their classes, guardians one learner, learners themselves."""

from __future__ import annotations

from lrs.accounts.accounts import Account
from lrs.accounts.roles import PersonRole
from schemas.catalog import Catalog, Class

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
        return any(member.learner == learner for class_ in classes for member in class_.learners)
    own = account.role in (PersonRole.LEARNER, PersonRole.GUARDIAN)
    return own and learner in _keys(catalog, account.person)


def _keys(catalog: Catalog, person: str) -> set[str]:
    """The keys of a person who learns: a key itself, the roster's aliases, and the members of classes."""
    keys = {person}
    if (known := catalog.persons.get(person)) is not None:
        keys |= set(known.aliases)
    keys |= {m.learner for class_ in catalog.classes.values() for m in class_.learners if m.person == person}
    return keys
