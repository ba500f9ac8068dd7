"""Whom a person decided to help is with an adult in the plan, or the plan says why not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lrs.store.client import Store
from schemas.decision import Decision
from schemas.material import Material
from schemas.overruling import Overrule
from schemas.plan_requests import AssignCell, MakePlan
from schemas.timetable import Adult, Limits, Room, Slot, Timetable
from tests.support.planned_school import CLASS, KEYS, School

ADA = KEYS[0]


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    made = School(store, tmp_path)
    made.say(
        Timetable(
            id=CLASS,
            slots=[Slot(id=str(n), start=f"09:{25 * n:02}", minutes=25) for n in range(2)],
            rooms=[Room(id="r", places=20, screens=20)],
            adults=[Adult(id="kim")],
            limits=Limits(slots_per_skill=1),
        )
    )
    yield made
    made.log.close()


def make(school: School, keep: bool = False) -> dict[str, Any]:
    return school.ask(MakePlan(do="make", keep=keep, seconds=0.4))


def led_in(plan: dict[str, Any]) -> set[str]:
    cells = next(row["cells"] for row in plan["rows"] if row["learner"] == ADA)
    return {cell["skill"]["id"] for cell in cells if cell and cell["adult"]}


def test_what_was_planned_moves_for_help_that_a_person_decided(school: School) -> None:
    make(school)
    for slot in ("0", "1"):
        task = f"https://a.example/{('halves', 'thirds')[int(slot)]}/alone/True"
        skill = task.split("/")[3]
        school.ask(AssignCell(do="assign", learner=ADA, slot=slot, task=f"{task} {skill}"))
    assert led_in(school.read()) == set()
    school.say(Overrule(learner=ADA, skill="fifths", decision=Decision.HELP, reason="asked me", by="Ms K"))
    assert "fifths" in led_in(make(school, keep=True))


def test_it_says_whom_no_adult_helps_and_why(school: School) -> None:
    school.say(Overrule(learner=ADA, skill="fifths", decision=Decision.HELP, reason="asked me", by="Ms K"))
    assert "fifths" in led_in(make(school))
    school.say(Material(id="https://a.example/fifths/teacher/False", removed=True))
    assert (
        "Help by an adult is due and not in the plan, as no material of the skill is one that an adult leads: "
        "Ada (Fifths)." in make(school)["unfitted"]
    )


def test_what_could_not_be_placed_is_found_again_after_a_change_by_hand(school: School) -> None:
    school.say(Overrule(learner=ADA, skill="fifths", decision=Decision.HELP, reason="asked me", by="Ms K"))
    made = make(school)
    assert made["unfitted"] == []
    cells = next(row["cells"] for row in made["rows"] if row["learner"] == ADA)
    number, lesson = next((n, cell["task"]) for n, cell in enumerate(cells) if cell["skill"]["id"] == "fifths")
    cleared = school.ask(AssignCell(do="assign", learner=ADA, slot=str(number), task=""))
    row = next(row for row in cleared["rows"] if row["learner"] == ADA)
    assert row["why_empty"][number] == "there is room for what is needed, and nobody has planned it"
    assert any("there is room for it" in one and "Ada (Fifths)" in one for one in cleared["unfitted"])
    again = school.ask(AssignCell(do="assign", learner=ADA, slot=str(number), task=lesson))
    assert again["unfitted"] == []
