"""A plan says who was not seen for long, and of each cell that is empty why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lrs.plans.export import to_calendar, to_csv
from lrs.plans.needs import needs_of_day, timetable_of
from lrs.store.client import Store, StoreUnavailable
from schemas.days import DAY as MICROSECONDS
from schemas.lesson_asks import LessonAsk
from schemas.plan_requests import AssignCell, MakePlan
from schemas.timetable import Adult, Room, Slot, Timetable
from tests.support.classroom import NOW, Classroom
from tests.support.planned_school import CLASS, DAY, KEYS, SKILLS, School

EVA = KEYS[4]


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    """Everybody was seen yesterday, but Eva 21 days ago, and one never."""
    made = School(store, tmp_path)
    seen = Classroom(store, made.tenant)
    for key in KEYS[:-1]:
        seen.engagement(key, None, last_seen=NOW - (21 if key == EVA else 1) * MICROSECONDS)
    yield made
    made.log.close()


def test_a_plan_its_csv_and_its_calendar_say_for_how_long(school: School) -> None:
    assert {row["not_seen_for"] for row in school.read()["rows"] if row["learner"] == EVA} == {21}  # nothing is planned
    made = school.ask(MakePlan(do="make", seconds=0.2))
    assert {row["learner"]: row["not_seen_for"] for row in made["rows"] if row["not_seen_for"]} == {EVA: 21}
    assert all(row["cells"][0] for row in made["rows"] if row["learner"] == EVA)  # they may come
    rows = list(csv.DictReader(io.StringIO(to_csv(made))))
    assert {row["name"]: row["days not seen"] for row in rows if row["days not seen"]} == {"Eva": "21"}
    said = to_calendar(made, "Europe/Berlin").replace("\r\n ", "")
    assert "Eva (days not seen: 21)" in said
    assert "days not seen" not in to_calendar(made, "Europe/Berlin", EVA)  # which is for Eva


def test_needs_know_it_until_they_are_seen_or_ask(school: School) -> None:
    def unseen() -> set[str]:
        catalog = school.catalogs.latest(school.tenant)
        timetable, _ = timetable_of(catalog, CLASS)
        needs = needs_of_day(school.planner.store, catalog, school.tenant, timetable, DAY, frozenset(), NOW)
        return {learner.id for learner in needs.day.learners if learner.unseen == 21}

    assert unseen() == {EVA}
    school.catalogs.append(school.tenant, "test", LessonAsk(learner=EVA, skill=SKILLS[0], by="Eva"), NOW)
    assert unseen() == set()
    assert all(row["not_seen_for"] is None for row in school.read()["rows"])


def test_of_a_day_that_is_over_nothing_is_said_and_without_the_store_the_plan_is_shown(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.ask(MakePlan(do="make", seconds=0.2))
    later = replace(school.planner, now=lambda: NOW + 3 * MICROSECONDS)
    assert all(row["not_seen_for"] is None for row in later.read(school.tenant, CLASS, DAY)["rows"])

    def fails(*_: object) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(Store, "tuples", fails)
    shown = school.read()
    assert all(row["not_seen_for"] is None for row in shown["rows"])
    assert any(row["cells"][0] for row in shown["rows"])


def test_a_cell_that_the_planner_left_empty_says_why(school: School) -> None:
    slots = [Slot(id="1", start="09:00", minutes=20)]
    room = Room(id="r", places=4, screens=4)
    school.say(Timetable(id=CLASS, slots=slots, rooms=[room], adults=[Adult(id="k")]))
    made = school.ask(MakePlan(do="make", seconds=0.2))
    reasons = {row["learner"]: row["why_empty"] for row in made["rows"] if row["cells"] == [None]}
    assert len(reasons) == len(KEYS) - 4
    assert {tuple(reason) for reason in reasons.values()} == {("the rooms that have an adult hold 4, and are full",)}
    assert all(row["why_empty"] == [None] for row in made["rows"] if row["cells"] != [None])
    planned = next(row["learner"] for row in made["rows"] if row["cells"] != [None])
    cleared = school.ask(AssignCell(do="assign", learner=planned, slot="1", task=""))
    [row] = [row for row in cleared["rows"] if row["learner"] == planned]
    room_left = "there is room for what is needed, and nobody has planned it"
    assert (row["cells"], row["why_empty"]) == ([None], [room_left])  # a person's doing, which leaves a place to all
    empty = {row["learner"]: row["why_empty"] for row in cleared["rows"] if row["cells"] == [None]}
    assert empty == {learner: [room_left] for learner in (*reasons, planned)}
