"""Plans keep every hard rule, whatever the school; they are full where they can be, and change little."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from lrs.timetabling.day import TEACHER, DayToPlan
from lrs.timetabling.greedy import plan_greedily
from lrs.timetabling.improve import improve
from lrs.timetabling.make import make_plan
from lrs.timetabling.plan import Key, Place, places, staff, worth
from lrs.timetabling.unfitted import sentence
from tests.lrs.timetabling.checker import broken
from tests.support.days import anything, school
from tests.support.examples import examples

SEEDS = st.integers(0, 1 << 32)


def share_filled(day: DayToPlan, placed: dict[Key, Place]) -> float:
    return len(placed) / sum(len(slots) for slots in day.free.values())


def moved(before: dict[Key, Place], after: dict[Key, Place], gone: set[str]) -> float:
    """The share of the others' cells in which somebody does something else, or elsewhere."""
    others = {key: place for key, place in before.items() if key[0] not in gone}
    return sum(after.get(key) != place for key, place in others.items()) / len(others)


@examples(20, 300)
@given(SEEDS)
def test_no_hard_rule_is_broken(seed: int) -> None:
    day = anything(seed)
    first = plan_greedily(day)
    assert broken(day, staff(day, first)) == []
    better = improve(day, first, day.slots, 0.2)
    assert broken(day, staff(day, better.placed)) == []
    assert worth(day, first) <= worth(day, better.placed) <= better.bound + 1


@examples(20, 300)
@given(SEEDS)
def test_what_is_made_again_breaks_none_either(seed: int) -> None:
    day = anything(seed)
    random = Random(seed)
    made = make_plan(day, 0.3)
    assert broken(day, made.plan) == []
    known = [*(one.id for one in day.adults), *day.by_id]
    gone = frozenset(id_ for id_ in known if random.random() < 0.2)
    absent = replace(day, absent=day.absent | gone)
    assert broken(absent, make_plan(absent, 0.3, places(made.plan)).plan) == []


@examples(20, 300)
@given(SEEDS)
def test_what_is_empty_is_explained(seed: int) -> None:
    day = anything(seed)
    made = make_plan(day, 0.2)
    empty = {
        (one.id, slot.id)
        for one in day.learners
        for slot in day.free[one.id]
        if (one.id, slot.id) not in made.plan.cells
    }
    said = {(learner, one.slot) for one in made.unfitted if one.slot for learner in one.learners}
    assert said == empty
    for one in made.unfitted:
        assert sentence(day, one, str.upper, str.upper).endswith(".")


def test_the_checker_sees_what_is_wrong() -> None:
    """A checker that finds nothing proves nothing: each kind of change of a right plan is found."""
    day = school(1)
    plan = make_plan(day, 0.2).plan
    assert broken(day, plan) == []
    led = next(key for key, cell in plan.cells.items() if cell.adult)
    alone = next(key for key, cell in plan.cells.items() if not cell.group)
    cell = plan.cells[led]
    for key, changed in (
        (led, cell._replace(adult="")),
        (led, cell._replace(room="elsewhere")),
        (led, cell._replace(group=99)),
        (alone, plan.cells[alone]._replace(task="unknown")),
        (alone, plan.cells[alone]._replace(adult="a000")),
    ):
        assert broken(day, replace(plan, cells={**plan.cells, key: changed}))
    for less in (
        replace(day, absent=frozenset({cell.adult})),
        replace(day, absent=frozenset({led[0]})),
        replace(day, limits=day.limits.model_copy(update={"screen_minutes": 20})),
        replace(day, limits=day.limits.model_copy(update={"teacher_slots": 0})),
        replace(day, rooms=[room.model_copy(update={"places": 1}) for room in day.rooms]),
        replace(day, rooms=[room.model_copy(update={"screens": 0}) for room in day.rooms]),
        replace(day, adults=[one.model_copy(update={"ends": "09:00"}) for one in day.adults]),
        replace(day, slots=[slot.model_copy(update={"minutes": 5}) for slot in day.slots]),
    ):
        assert broken(less, plan)


def test_slots_are_filled_where_rooms_and_adults_allow() -> None:
    for seed in range(6):
        day = school(seed)
        assert share_filled(day, places(make_plan(day, 0.3).plan)) >= 0.95


def test_somebody_absent_changes_little() -> None:
    for seed in range(4):
        day = school(seed)
        made = make_plan(day, 1.0)  # seconds of search: on a busy machine little comes of fewer
        before = places(made.plan)
        child = day.learners[seed].id
        again = places(make_plan(replace(day, absent=frozenset({child})), 2.0, before).plan)
        assert child not in {learner for learner, _ in again}
        assert moved(before, again, {child}) <= 0.2
        adult = day.adults[seed % len(day.adults)].id
        with_adult = {key[0] for key, cell in made.plan.cells.items() if cell.adult == adult}
        without = replace(day, absent=frozenset({adult}))
        again = places(make_plan(without, 2.0, before).plan)
        assert moved({k: v for k, v in before.items() if made.plan.cells[k].adult != adult}, again, set()) <= 0.2
        assert with_adult
        assert share_filled(without, again) >= 0.95


def test_locks_hold() -> None:
    day = school(3)
    before = places(make_plan(day, 0.3).plan)
    locked = frozenset(list(before)[::9])
    changed = replace(day, limits=day.limits.model_copy(update={"screen_minutes": 125}))
    after = places(make_plan(changed, 0.5, before, locked=locked).plan)
    assert {key: after[key].task for key in locked} == {key: before[key].task for key in locked}


def test_a_week_shares_out_the_teachers_time() -> None:
    """Whoever had least of it comes first: after a week it is spread less than if nobody counted."""

    def spread(counted: bool) -> float:
        day = school(5, 40)
        taught = dict.fromkeys(day.by_id, 0.0)
        for _ in range(5):
            known = [one._replace(taught=taught[one.id] if counted else 0.0) for one in day.learners]
            today = replace(day, learners=known)
            for (learner, _slot), place in plan_greedily(today).items():
                taught[learner] += 25 * (day.tasks[place.task].mode == TEACHER)
        mean = sum(taught.values()) / len(taught)
        return sum((one - mean) ** 2 for one in taught.values()) / len(taught)

    assert spread(True) < 0.7 * spread(False)


def test_a_large_school_is_planned_in_parts() -> None:
    day = school(2, 400)
    made = make_plan(day, 2.0)
    assert broken(day, made.plan) == []
    assert share_filled(day, places(made.plan)) >= 0.95
    child = day.learners[7].id
    before = places(made.plan)
    again = places(make_plan(replace(day, absent=frozenset({child})), 1.0, before).plan)
    assert moved(before, again, {child}) <= 0.02
