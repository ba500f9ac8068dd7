"""The weeks of a class."""

from __future__ import annotations

import uuid

import pytest

from lrs.pacing.trends import WEEKS, ClassWeek, class_trends
from lrs.store.client import Store
from tests.support.classroom import NOW, Classroom  # a Sunday

ADA, BEN = "ada", "ben"
MONDAYS = ["2030-02-25", "2030-03-04", "2030-03-11"]


@pytest.fixture(scope="module")
def room(store: Store) -> Classroom:
    made = Classroom(store, uuid.uuid4().hex)
    made.teach({ADA: "Ada", BEN: "Ben"}, {"halves": "Halves", "thirds": "Thirds"})
    made.engagement(ADA, 16)
    made.engagement(ADA, 8)
    made.engagement(BEN, 7)
    made.engagement(BEN, None)  # the row of the learner, which is of no day
    made.engagement("stranger", 1)
    made.decided(ADA, "halves", "practise", 1.9)
    made.decided(ADA, "halves", "advance", 1.5)
    made.decided(ADA, "thirds", "advance", 1.2)
    made.decided(ADA, "thirds", "review", 1.1)  # still mastered
    made.decided(BEN, "halves", "advance", 1.3)
    made.decided(BEN, "halves", "help", 0.5)
    made.decided(BEN, "thirds", "advance", 0.1, class_id="another class")
    made.decided("stranger", "halves", "advance", 0.2)
    return made


def weeks(room: Classroom, *skills: str) -> list[ClassWeek]:
    return class_trends(room.store, room.catalog, room.tenant, room.catalog.classes["7b"], skills, NOW)


def test_who_was_active_and_what_was_secure(room: Classroom) -> None:
    assert weeks(room, "halves", "thirds") == [
        ClassWeek(MONDAYS[0], 1, None),  # before anything was decided
        ClassWeek(MONDAYS[1], 2, 3 / 4),
        ClassWeek(MONDAYS[2], 0, 2 / 4),
    ]


def test_of_one_skill(room: Classroom) -> None:
    assert [one.secure for one in weeks(room, "thirds")] == [None, 1 / 2, 1 / 2]


def test_it_goes_back_behind_the_attempts_of_a_curve_but_not_for_ever(store: Store) -> None:
    room = Classroom(store, uuid.uuid4().hex)
    room.teach({ADA: "Ada"}, {"halves": "Halves"})
    room.decided(ADA, "halves", "advance", WEEKS + 10)
    found = weeks(room, "halves")
    assert len(found) == WEEKS
    assert {one.secure for one in found} == {1.0}


def test_a_class_of_nobody(store: Store) -> None:
    room = Classroom(store, uuid.uuid4().hex)
    room.teach({}, {})
    assert weeks(room) == []
