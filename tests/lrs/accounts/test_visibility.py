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
    Class(id="7b", teachers=["t2"], learners=[Member(learner="cy")], school="south"),
    Class(id="7c", learners=[Member(learner="di", person="p-di")], school="north"),
    Class(id="7d", learners=[Member(learner="di", person="p-di")], school="south"),
    Person(id="north", schools=["north"]),
    Person(id="both", schools=["south", "north"]),
    Person(id="none", schools=[]),
    Person(id="blank", schools=[""]),
    Person(id="p-ada", aliases=["ada-too"]),
    Person(id="p-di", aliases=["di-too"]),
]
for _number, _change in enumerate(CHANGES):
    CATALOG.apply(_change, _number, 0)

ALL, LEARNERS = {"7a", "7b", "7c", "7d"}, {"ada", "ada-too", "ben", "cy", "di", "di-too"}


def account(role: PersonRole, person: str = "") -> Account:
    return Account("id", "school", "login", "name", role, person, True)


@pytest.mark.parametrize(
    ("who", "classes", "learners"),
    [
        (account(PersonRole.OPERATOR), ALL, LEARNERS),
        (account(PersonRole.LEADER), ALL, LEARNERS),
        (account(PersonRole.PRINCIPAL, "north"), {"7c"}, {"di", "di-too"}),
        (account(PersonRole.PRINCIPAL, "both"), {"7b", "7c", "7d"}, {"cy", "di", "di-too"}),
        (account(PersonRole.PRINCIPAL, "none"), set(), set()),
        (account(PersonRole.PRINCIPAL, "blank"), set(), set()),
        (account(PersonRole.PRINCIPAL, "nobody"), set(), set()),
        (account(PersonRole.PRINCIPAL, ""), set(), set()),
        (account(PersonRole.TEACHER, "t1"), {"7a"}, {"ada", "ada-too", "ben"}),
        (account(PersonRole.TEACHER, "t3"), set(), set()),
        (account(PersonRole.LEARNER, "p-ada"), set(), {"ada", "ada-too"}),
        (account(PersonRole.LEARNER, "cy"), set(), {"cy"}),
        (account(PersonRole.GUARDIAN, "p-ada"), set(), {"ada", "ada-too"}),
        (account(PersonRole.GUARDIAN, "t1"), set(), set()),
    ],
)
def test_who_sees_what(who: Account, classes: set[str], learners: set[str]) -> None:
    assert {id_ for id_, class_ in CATALOG.classes.items() if sees_class(who, CATALOG, class_)} == classes
    found = {name for name in LEARNERS if sees_learner(who, CATALOG, name)}
    assert found == learners


def test_a_class_that_nobody_confirmed_is_for_leaders_and_operators() -> None:
    seen = {role for role in PersonRole if sees_class(account(role, "both"), CATALOG, None)}
    assert seen == {PersonRole.LEADER, PersonRole.OPERATOR}
