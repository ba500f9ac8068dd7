"""Whoever was not seen for long is planned where there is room, and takes nothing from who was."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrs.timetabling import make
from lrs.timetabling.day import DayToPlan, Need, PlannedLearner, Task
from lrs.timetabling.greedy import plan_greedily
from lrs.timetabling.make import make_plan
from lrs.timetabling.plan import places, worth
from schemas.timetable import Adult, Limits, Room, Sizes, Slot
from tests.lrs.timetabling.checker import broken
from tests.support.days import anything, school
from tests.support.examples import examples

SEEDS = st.integers(0, 1 << 32)
LESSON, SHEET = Task("lesson", "s", "teacher", False), Task("sheet", "s", "alone", False)


def with_unseen(day: DayToPlan, seed: int, share: float = 0.3) -> DayToPlan:
    random = Random(seed)
    return replace(day, learners=[one._replace(unseen=21 * (random.random() < share)) for one in day.learners])


def lesson_day(most: int, unseen: int = 3, here: int = 4) -> DayToPlan:
    """One slot and one adult; whoever was not seen needs the lesson most."""
    learners = [PlannedLearner(f"here{n}", (Need("lesson", 700), Need("sheet", 690))) for n in range(here)]
    learners += [
        PlannedLearner(f"away{n}", (Need("lesson", 1600), Need("sheet", 100)), unseen=16) for n in range(unseen)
    ]
    return DayToPlan(
        [Slot(id="1", start="09:00", minutes=25)],
        [Room(id="r", places=20, screens=20)],
        [Adult(id="a")],
        learners,
        {"lesson": LESSON, "sheet": SHEET},
        Limits(teacher_led=Sizes(least=2, most=most)),
    )


def led(day: DayToPlan) -> set[str]:
    return {learner for (learner, _), cell in make_plan(day, 0.4).plan.cells.items() if cell.task == "lesson"}


@pytest.mark.parametrize("solver", [True, False])
def test_a_teachers_time_goes_to_who_was_seen_and_then_to_the_others(
    solver: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not solver:
        monkeypatch.setattr(make, "find_spec", lambda _: None)
    here = {f"here{n}" for n in range(4)}
    assert led(lesson_day(4)) == here
    with_room = led(lesson_day(6))
    assert here < with_room
    assert len(with_room) == 6
    assert led(lesson_day(6, here=0)) == {"away0", "away1", "away2"}
    assert len(make_plan(lesson_day(4), 0.4).plan.cells) == 7  # the others work alone: they may come


def test_who_is_seen_again_or_locked_by_a_person_is_as_everybody() -> None:
    day = lesson_day(4)
    seen = replace(day, learners=[one._replace(unseen=0) for one in day.learners])
    assert {"away0", "away1", "away2"} < led(seen)
    placed = places(make_plan(seen, 0.4).plan)
    locked = frozenset(key for key in placed if key[0] == "away0")
    again = make_plan(day, 0.4, placed, locked=locked).plan.cells
    assert again["away0", "1"].task == placed["away0", "1"].task == "lesson"


@examples(30, 300)
@given(SEEDS)
def test_no_hard_rule_is_broken(seed: int) -> None:
    day = with_unseen(anything(seed), seed)
    made = make_plan(day, 0.2)
    assert broken(day, made.plan) == []
    assert made.worth == worth(day, places(made.plan)) <= made.bound
    gone = frozenset(one.id for one in day.learners if Random(f"{seed} {one.id}").random() < 0.2)
    absent = replace(day, absent=day.absent | gone)
    assert broken(absent, make_plan(absent, 0.2, places(made.plan)).plan) == []


@examples(40, 400)
@given(SEEDS)
@example(273)  # what was filled in an earlier slot took from what a later one had
@example(332)
@example(587)
def test_who_was_seen_has_what_they_would_have_if_nobody_else_came(seed: int) -> None:
    """By the greedy planner alone, which follows from the day and from no clock."""
    day = with_unseen(anything(seed), seed)
    alone = plan_greedily(replace(day, absent=day.absent | day.unseen))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(make, "find_spec", lambda _: None)
        cells = places(make_plan(day, 0.2).plan)
    assert {key: cells.get(key) for key in alone} == alone


def test_places_that_are_free_are_theirs() -> None:
    for seed in range(3):
        day = with_unseen(school(seed), seed)
        placed = places(make_plan(day, 0.6).plan)
        assert len(placed) >= 0.95 * sum(len(slots) for slots in day.free.values())


def test_an_absence_leaves_the_others_where_they_are() -> None:
    day = with_unseen(school(1), 1)
    before = places(make_plan(day, 1.0).plan)
    child = day.learners[0].id
    again = places(make_plan(replace(day, absent=frozenset({child})), 2.0, before).plan)
    others = {key: place for key, place in before.items() if key[0] != child}
    assert sum(again.get(key) != place for key, place in others.items()) <= 0.2 * len(others)
