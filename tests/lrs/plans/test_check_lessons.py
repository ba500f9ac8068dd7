"""After an opening check a plan of today begins with its groups; what is locked stays."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lrs.plans.opening_checks import OpeningChecks
from lrs.store.client import Store
from schemas.opening_check import EnteredResult
from schemas.plan_requests import AssignCell, LockCell, MakePlan
from schemas.timetable import Adult, Room, Slot, Timetable
from tests.support.classroom import NOW
from tests.support.planned_school import CLASS, DAY, KEYS, School

WRONG = KEYS[2:6]
SHEET = "https://a.example/thirds/alone/True thirds"


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    """One slot and one adult: whoever has nothing to say of a check begins with halves."""
    made = School(store, tmp_path)
    slots = [Slot(id="1", start="18:30", minutes=30)]
    made.say(Timetable(id=CLASS, slots=slots, rooms=[Room(id="r", places=20, screens=20)], adults=[Adult(id="kim")]))
    yield made
    made.log.close()


def check(school: School) -> None:
    """One of today, in which four have nothing right of the question about fifths."""

    async def record(tenant: str, statements: Sequence[bytes]) -> None: ...

    checks = OpeningChecks(school.planner.store, school.catalogs, lambda: NOW, record)
    made = checks.make(school.tenant, CLASS, 3, "Ms K")
    number = next(n for n, question in enumerate(made["questions"]) if question["skill"] == "fifths")
    results = [EnteredResult(learner=learner, question=number, right=False) for learner in WRONG]
    asyncio.run(checks.enter(school.tenant, CLASS, made["id"], results, "Ms K"))


def make(school: School, day: str, keep: bool = False) -> dict[str, Any]:
    return school.planner.ask(school.tenant, CLASS, day, MakePlan(do="make", keep=keep, seconds=0.4), "Ms K")


def led(plan: dict[str, Any]) -> set[tuple[str, str]]:
    cells = ((row["learner"], row["cells"][0]) for row in plan["rows"])
    return {(learner, cell["skill"]["id"]) for learner, cell in cells if cell and cell["adult"]}


def test_the_groups_of_a_check_of_today_come_first_in_a_plan_of_today(school: School) -> None:
    today = school.planner.today(school.tenant, CLASS)
    assert {skill for _, skill in led(make(school, today))} == {"halves"}
    check(school)
    assert {(learner, "fifths") for learner in WRONG} <= led(make(school, today))
    assert {skill for _, skill in led(make(school, DAY))} == {"halves"}  # of tomorrow


def test_what_is_locked_stays_when_the_plan_is_made_again(school: School) -> None:
    today, learner = school.planner.today(school.tenant, CLASS), WRONG[0]
    make(school, today)
    for request in (
        AssignCell(do="assign", learner=learner, slot="1", task=SHEET),
        LockCell(do="lock", learner=learner, slot="1"),
    ):
        school.planner.ask(school.tenant, CLASS, today, request, "Ms K")
    check(school)
    again = make(school, today)
    cell = next(row["cells"][0] for row in again["rows"] if row["learner"] == learner)
    assert (cell["task"], cell["locked"]) == (SHEET, True)
    assert {(other, "fifths") for other in WRONG[1:]} <= led(again)
