"""An adult leads whom help is due, where the rules allow it; where nobody does, the plan says why."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.timetabling import make
from lrs.timetabling.day import DayToPlan, DueHelp, Need, PlannedLearner, Task
from lrs.timetabling.greedy import plan_greedily
from lrs.timetabling.make import MadePlan, make_plan
from lrs.timetabling.plan import Place, places, staff
from lrs.timetabling.unfitted import sentence, unfitted
from lrs.timetabling.unhelped import WhyUnhelped, help_sentence, unhelped
from schemas.timetable import Adult, Lesson, Limits, Room, Sizes, Slot
from tests.lrs.timetabling.checker import broken
from tests.support.days import anything, clock
from tests.support.examples import examples

LESSON = Task("lesson", "s", "teacher", False, 20)
TASKS = {task.id: task for task in (LESSON, Task("game", "s", "pair", False), Task("sheet", "s", "alone", False))}
OTHER = Task("run", "other", "alone", False)
LIKES_COMPANY = (Need("lesson", 900), Need("game", 1000), Need("sheet", 990))


def day_of(decided: bool | None, taught: float = 0.0, slots: int = 1, **fields: Any) -> DayToPlan:
    """Ada, to whom help is due (None: it is not), three who would rather play, and three who had less of a teacher."""
    due = () if decided is None else (DueHelp("s", decided),)
    ada = PlannedLearner("Ada", (Need("lesson", 1250), Need("game", 1240), Need("sheet", 600)), taught, due=due)
    others = [PlannedLearner(name, LIKES_COMPANY, taught) for name in ("Ben", "Cem", "Dua")]
    others += [PlannedLearner(name, (Need("sheet", 900),)) for name in ("Eva", "Fin", "Gus")]
    usual: dict[str, Any] = {
        "slots": [Slot(id=str(n), start=clock(540 + 25 * n), minutes=25) for n in range(slots)],
        "rooms": [Room(id="r", places=20)],
        "adults": [Adult(id="a")],
        "tasks": TASKS,
        "limits": Limits(slots_per_skill=1),
    }
    return DayToPlan(learners=[ada, *others], **(usual | fields))


def does(made: MadePlan, learner: str = "Ada") -> set[str]:
    return {cell.task for (who, _), cell in made.plan.cells.items() if who == learner}


@pytest.mark.parametrize("solver", [True, False])
@pytest.mark.parametrize("decided", [True, False])
def test_who_had_much_of_a_teacher_is_helped_and_does_not_play_beside_an_adult_who_leads_nobody(
    decided: bool, solver: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not solver:
        monkeypatch.setattr(make, "find_spec", lambda _: None)
    made = make_plan(day_of(decided, taught=90), 0.4)
    assert does(made) == {"lesson"}
    assert made.unhelped == []
    if solver:
        assert does(make_plan(day_of(None, taught=90), 0.4)) == {"game"}  # so they play where no help is due


def test_help_that_a_person_decided_moves_what_was_planned_and_nothing_that_is_locked() -> None:
    before = places(make_plan(day_of(None, taught=90), 0.4).plan)
    assert before["Ada", "0"].task == "game"
    assert does(make_plan(day_of(True, taught=90), 0.4, before)) == {"lesson"}
    assert does(make_plan(day_of(False, taught=90), 0.4, before)) == {"game"}
    locked = make_plan(day_of(True, taught=90), 0.4, before, locked=frozenset({("Ada", "0")}))
    assert does(locked) == {"game"}
    assert [why for why, _ in locked.unhelped] == [WhyUnhelped.FULL]


SPORT = [Lesson(name="Sport", slots=["0"], learners=["Ben", "Cem", "Dua"])]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tasks": {**TASKS, "lesson": LESSON._replace(mode="alone")}},
         "no material of the skill is one that an adult leads"),
        ({"tasks": {**TASKS, "lesson": LESSON._replace(minutes=40)}}, "the lesson takes longer than any slot"),
        ({"limits": Limits(teacher_slots=0)}, "they are with a teacher in as many slots as a day allows"),
        ({"adults": []}, "every adult leads others, or is not there"),
        ({"limits": Limits(teacher_led=Sizes(least=5, most=6))},
         "a group has at least 5, and too few others need the same lesson"),
        ({"lessons": SPORT}, "a group has at least 2, and too few others need the same lesson"),
        ({"apart": [("Ada", name) for name in ("Ben", "Cem", "Dua")]},
         "a group has at least 2, and too few others need the same lesson"),
        ({"rooms": [Room(id="r", places=1)]}, "no group for it fits beside the rest of the plan"),
    ],
)  # fmt: skip
def test_it_is_said_why_nobody_helps(fields: dict[str, Any], said: str) -> None:
    day = day_of(True, **fields)
    made = make_plan(day, 0.3)
    [owed] = made.unhelped
    why = help_sentence(day, owed, str.upper, lambda skill: f"skill {skill}")
    assert why == f"Help by an adult is due and not in the plan, as {said}: ADA (skill s)."
    assert [one for one in made.unfitted if not one.slot and "Ada" in one.learners] == []  # not a second time


def test_help_that_a_person_decided_comes_first_and_no_more_are_named_than_can_be_read() -> None:
    learners = [PlannedLearner(f"l{n}", LIKES_COMPANY, due=(DueHelp("s", n == 8),)) for n in range(9)]
    day = replace(day_of(None, adults=[]), learners=learners)
    [owed] = make_plan(day, 0.2).unhelped
    names = help_sentence(day, owed, str, str).rpartition("not there: ")[2]
    assert names == "l8 (s), l0 (s), l1 (s), l2 (s), l3 (s), l4 (s) and 3 more."


def test_who_is_absent_or_has_no_slot_is_owed_nothing() -> None:
    for fields in ({"absent": frozenset({"Ada"})}, {"lessons": [Lesson(name="Sport", slots=["0"], learners=["Ada"])]}):
        assert make_plan(day_of(True, **fields), 0.2).unhelped == []


def with_help(day: DayToPlan, seed: int) -> DayToPlan:
    random = Random(seed)
    skills = sorted({task.skill for task in day.tasks.values()})
    learners = [
        one._replace(due=tuple(DueHelp(s, random.random() < 0.5) for s in skills if random.random() < 0.3))
        for one in day.learners
    ]
    return replace(day, learners=learners)


@examples(30, 300)
@given(st.integers(0, 1 << 32))
def test_no_hard_rule_is_broken_and_all_help_is_given_or_explained(seed: int) -> None:
    day = with_help(anything(seed), seed)
    assert broken(day, staff(day, plan_greedily(day))) == []
    made = make_plan(day, 0.2)
    again = make_plan(day, 0.2, places(make_plan(anything(seed), 0.1).plan))
    for one in (made, again):
        assert broken(day, one.plan) == []
        assert one.worth <= one.bound
        skills_led = {(who, day.tasks[c.task].skill) for (who, _), c in one.plan.cells.items() if c.adult}
        explained = [pair for owed in one.unhelped for pair in owed.learners]
        due = {(planned.id, skill) for planned in day.learners if day.free[planned.id] for skill, _ in planned.due}
        assert sorted(explained) == sorted(due - skills_led)
        assert all(help_sentence(day, owed, str, str).endswith(".") for owed in one.unhelped)


@pytest.mark.parametrize("help_is_due", [True, False])
def test_who_could_join_a_lesson_that_is_there_is_not_said_to_have_no_group_or_adult(help_is_due: bool) -> None:
    day = day_of(True if help_is_due else None)
    at = {"Ada": "sheet", "Ben": "lesson", "Cem": "lesson", "Dua": "sheet"}
    placed = {(who, "0"): Place(task, "r") for who, task in at.items()}
    if help_is_due:
        [owed] = unhelped(day, placed)
        said = help_sentence(day, owed, str, str)
    else:
        ada = replace(day, learners=[one._replace(needs=one.needs[:2]) for one in day.learners if one.id == "Ada"])
        others = [one for one in day.learners if one.id in ("Ben", "Cem")]
        day = replace(ada, learners=[*ada.learners, *others], tasks=TASKS | {"run": OTHER})
        placed = {key: place for key, place in placed.items() if key[0] in ("Ben", "Cem")} | {
            ("Ada", "0"): Place("run", "r")
        }
        [first] = [one for one in unfitted(day, placed) if not one.slot and "Ada" in one.learners]
        said = sentence(day, first, str, str)
    assert "there is room for it, and a click on a cell changes it: Ada (s)." in said
    alone = {key: place for key, place in placed.items() if key[0] == "Ada"}  # nobody is there to join
    sentences = [help_sentence(day, one, str, str) for one in unhelped(day, alone)]
    sentences += [sentence(day, one, str, str) for one in unfitted(day, alone) if not one.slot]
    assert not any("there is room" in one and "Ada" in one for one in sentences)
