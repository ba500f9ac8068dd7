"""Who sees which class and learner."""

from __future__ import annotations

import pytest

from lrs.accounts.accounts import Account
from lrs.accounts.roles import PersonRole
from lrs.accounts.visibility import sees_class, sees_learner
from schemas.catalog import Catalog, Change, Class, Member
from schemas.roster import Person

CATALOG = Catalog()
CHANGES: list[Change] = [
    Class(id="7a", teachers=["t1"], learners=[Member(learner="ada", person="p-ada"), Member(learner="ben")]),
    Class(id="7b", teachers=["t2"], learners=[Member(learner="cy")]),
    Person(id="p-ada", aliases=["ada-too"]),
]
for _number, _change in enumerate(CHANGES):
    CATALOG.apply(_change, _number, 0)


def account(role: PersonRole, person: str = "") -> Account:
    return Account("id", "school", "login", "name", role, person, True)


@pytest.mark.parametrize(
    ("who", "classes", "learners"),
    [
        (account(PersonRole.OPERATOR), {"7a", "7b"}, {"ada", "ada-too", "ben", "cy"}),
        (account(PersonRole.LEADER), {"7a", "7b"}, {"ada", "ada-too", "ben", "cy"}),
        (account(PersonRole.TEACHER, "t1"), {"7a"}, {"ada", "ada-too", "ben"}),
        (account(PersonRole.TEACHER, "t3"), set(), set()),
        (account(PersonRole.LEARNER, "p-ada"), set(), {"ada", "ada-too"}),
        (account(PersonRole.LEARNER, "cy"), set(), {"cy"}),
        (account(PersonRole.GUARDIAN, "p-ada"), set(), {"ada", "ada-too"}),
        (account(PersonRole.GUARDIAN, "t1"), set(), set()),
    ],
)
def test_who_sees_what(who: Account, classes: set[str], learners: set[str]) -> None:
    assert {id_ for id_, class_ in CATALOG.classes.items() if sees_class(who, class_)} == classes
    found = {name for name in ("ada", "ada-too", "ben", "cy") if sees_learner(who, CATALOG, name)}
    assert found == learners
