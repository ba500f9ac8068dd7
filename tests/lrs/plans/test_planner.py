"""Plans as events: made from what pacing says, changed by people, shown and exported."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.errors import Forbidden
from lrs.plans.export import to_calendar, to_csv
from lrs.plans.needs import NoClass, check_sees, timetable_of
from lrs.plans.planner import DayPlanner, NoPlan, NotPlanned, PlanMoved
from lrs.plans.today import plan_of_today, today_in
from lrs.store.client import Store
from schemas.catalog import Class, Member, Skill
from schemas.invalid import Invalid
from schemas.material import Material
from schemas.plan_events import KEPT_VERSIONS
from schemas.plan_requests import (
    PLAN_REQUEST,
    AssignCell,
    LockCell,
    MakePlan,
    MoveCell,
    PublishPlan,
    SayAbsent,
    UndoChange,
)
from schemas.refusal import parse_model
from schemas.timetable import Adult, Lesson, Limits, Room, Slot, Timetable
from schemas.typed_text import LONGEST_NAME
from tests.support.classroom import NOW
from tests.support.planned_school import CLASS, DAY, KEYS, NAMES, SKILLS, School


@pytest.fixture
def school(store: Store, tmp_path: Path) -> Iterator[School]:
    made = School(store, tmp_path)
    yield made
    made.log.close()


def make(school: School) -> dict[str, Any]:
    return school.ask(MakePlan(do="make", seconds=0.2))


def row(plan: dict[str, Any], learner: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in plan["rows"] if one["learner"] == learner)
    return found


def doing(plan: dict[str, Any], learner: str) -> list[str | None]:
    return [cell and cell["task"] for cell in row(plan, learner)["cells"]]


def test_a_class_without_a_timetable_has_an_assumed_one(school: School) -> None:
    empty = school.read()
    assert (empty["version"], empty["assumed"], empty["conflicts"]) == (0, True, [])
    assert [one["name"] for one in empty["rows"]] == NAMES
    made = make(school)
    assert made["filled"] == 1.0
    assert made["conflicts"] == []
    cell = row(made, KEYS[0])["cells"][0]
    assert cell["opens"].startswith("https://a.example/")
    assert {cell["mode"] for one in made["rows"] for cell in one["cells"]} >= {"teacher", "alone"}
    assert school.read() == {name: value for name, value in made.items() if name != "moved"}


def test_a_game_for_two_is_for_two(school: School) -> None:
    for skill in SKILLS:
        school.say(Material(id=f"https://a.example/{skill}/pair/False", mode="pair", screen=False, together=2))
        for other in ("teacher/False", "alone/True", "alone/False"):
            school.say(Material(id=f"https://a.example/{skill}/{other}", removed=True))
    made = make(school)
    pairs = [cell for one in made["rows"] for cell in one["cells"] if cell and cell["mode"] == "pair"]
    assert pairs
    assert {len(cell["with"]) for cell in pairs} == {1}
    whose = next(one["learner"] for one in made["rows"] if one["cells"][0])
    odd = school.ask(AssignCell(do="assign", learner=whose, slot=made["slots"][0]["id"], task=""))
    assert any("too small or too large" in one for one in odd["conflicts"])


def test_a_plan_is_an_event_that_another_process_reads(school: School) -> None:
    made = make(school)
    elsewhere = DayPlanner(school.planner.store, Catalogs(school.log), lambda: NOW)
    assert elsewhere.read(school.tenant, CLASS, DAY)["rows"] == made["rows"]


def test_a_skill_without_material_is_named_and_never_planned(school: School) -> None:
    school.say(
        Skill(id="sevenths", name="Sevenths"), Class(id=CLASS, name="Seven", learners=_members(), skills=["sevenths"])
    )
    made = make(school)
    assert "Nothing can be opened for: Sevenths." in made["unfitted"]
    assert all(cell is None for one in made["rows"] for cell in one["cells"])


def test_move_names_conflicts_and_refit_moves_others(school: School) -> None:
    first = make(school)
    learner = KEYS[2]
    before = doing(first, learner)
    moved = school.ask(MoveCell(do="move", learner=learner, slot="1", to="2"))
    assert doing(moved, learner) == [before[1], before[0], before[2]]
    assert [doing(moved, key) for key in KEYS if key != learner] == [
        doing(first, key) for key in KEYS if key != learner
    ]
    fitted = school.ask(MoveCell(do="move", learner=learner, slot="1", to="3", refit=True))
    assert doing(fitted, learner)[0] == before[2]
    assert fitted["conflicts"] == []
    assert row(fitted, learner)["cells"][0]["locked"]


def test_whoever_is_said_to_be_absent_it_names_whose_cells_changed_and_undo_gives_them_back(school: School) -> None:
    school.planner.set_timetable(school.tenant, "k", timetable(), lambda _: True)
    first = make(school)
    assert first["changes"] is None
    led = next(cell["adult"] for one in first["rows"] for cell in one["cells"] if cell and cell["adult"])
    adult = {"Ms K": "k", "Mr O": "o"}[led]
    for who in (KEYS[3], adult):
        before = school.read()
        after = school.ask(SayAbsent(do="absent", who=who))
        assert cells_of(before) != cells_of(after)
        named = {(one["learner"], one["slot"]) for one in after["changes"]}
        differ = {key for key in cells_of(after) if cells_of(before)[key] != cells_of(after)[key]}
        assert named == {key for key in differ if key[0] != who}
        for one in after["changes"]:
            key = (one["learner"], one["slot"])
            assert (said(one["before"]), said(one["after"])) == (cells_of(before)[key], cells_of(after)[key])
            assert one["name"] == NAMES[KEYS.index(one["learner"])]
        undone = school.ask(UndoChange(do="undo", version=school.read()["version"]))
        assert cells_of(undone) == cells_of(before)
        assert {(one["learner"], one["slot"]) for one in undone["changes"]} == differ
    assert school.ask(PublishPlan(do="publish"))["changes"] == []


def said(cell: dict[str, Any] | None) -> tuple[str, str, str | None] | None:
    return (cell["name"], cell["room"], cell["adult"]) if cell else None


def cells_of(plan: dict[str, Any]) -> dict[tuple[str, str], tuple[str, str, str | None] | None]:
    """By learner and slot: what is done, where and by whom it is led."""
    return {
        (one["learner"], slot["id"]): said(cell)
        for one in plan["rows"]
        for slot, cell in zip(plan["slots"], one["cells"], strict=True)
    }


def test_a_preview_changes_nothing(school: School) -> None:
    before = make(school)
    request = MoveCell(do="move", learner=KEYS[1], slot="1", to="2", refit=True)
    found = school.planner.preview(school.tenant, CLASS, DAY, request, "Ms K")
    assert found["moved"] >= 0
    assert doing(found, KEYS[1]) != doing(before, KEYS[1])
    assert school.read()["version"] == before["version"]


def test_assign_and_clear(school: School) -> None:
    made = make(school)
    wanted = next(task["id"] for task in made["tasks"] if task["mode"] == "teacher")
    cleared = school.ask(AssignCell(do="assign", learner=KEYS[0], slot="1"))
    assert row(cleared, KEYS[0])["cells"][0] is None
    again = school.ask(AssignCell(do="assign", learner=KEYS[0], slot="1", task=wanted))
    assert doing(again, KEYS[0])[0] == wanted
    with pytest.raises(Invalid, match="is not a task of this plan"):
        school.ask(AssignCell(do="assign", learner=KEYS[0], slot="1", task="nope"))


def test_locks_stay_when_it_is_made_again(school: School) -> None:
    made = make(school)
    school.ask(LockCell(do="lock", learner=KEYS[4], slot="2"))
    again = school.ask(MakePlan(do="make", keep=True, seconds=0.2))
    assert doing(again, KEYS[4])[1] == doing(made, KEYS[4])[1]
    assert row(again, KEYS[4])["cells"][1]["locked"]


def test_absent_child_and_adult(school: School) -> None:
    make(school)
    gone = school.ask(SayAbsent(do="absent", who=KEYS[3]))
    assert row(gone, KEYS[3])["absent"]
    assert doing(gone, KEYS[3]) == [None] * 3
    assert gone["conflicts"] == []
    back = school.ask(SayAbsent(do="absent", who=KEYS[3], present=True))
    assert None not in doing(back, KEYS[3])
    alone = school.ask(SayAbsent(do="absent", who="teacher"))
    assert alone["filled"] == 0  # nobody is there to supervise the only room
    assert any("hold 0" in one for one in alone["unfitted"])
    with pytest.raises(Invalid, match="neither a learner nor an adult"):
        school.ask(SayAbsent(do="absent", who="nobody"))


def test_publish_undo_and_versions(school: School) -> None:
    made = make(school)
    assert school.ask(PublishPlan(do="publish"))["published"]
    undone = school.ask(UndoChange(do="undo", version=school.read()["version"]))
    assert (undone["published"], undone["what"]) == (False, "undone: published")
    assert school.ask(UndoChange(do="undo", version=school.read()["version"]))["published"]
    with pytest.raises(Invalid, match="version"):
        parse_model(PLAN_REQUEST, b'{"do": "undo"}')  # of whatever was last
    with pytest.raises(PlanMoved):
        school.ask(PublishPlan(do="publish", version=made["version"]))
    for _ in range(KEPT_VERSIONS):
        school.ask(PublishPlan(do="publish", version=school.read()["version"]))
    assert len(school.catalogs.latest(school.tenant).planned.plans[CLASS][DAY]) == KEPT_VERSIONS


def test_nothing_is_changed_before_it_is_made(school: School) -> None:
    with pytest.raises(NoPlan):
        school.ask(PublishPlan(do="publish"))
    with pytest.raises(Invalid, match="not a day"):
        school.planner.read(school.tenant, CLASS, "2030-02-31")
    with pytest.raises(NoClass):
        school.planner.read(school.tenant, "nope", DAY)


def test_a_material_that_is_gone_is_a_conflict(school: School) -> None:
    made = make(school)
    cell = row(made, KEYS[0])["cells"][0]
    school.say(Material(id=cell["task"].split(" ")[0], removed=True))
    found = school.read()
    assert any("can no longer be opened" in one for one in found["conflicts"])
    assert any("can no longer be opened" in one for one in row(found, KEYS[0])["cells"][0]["conflicts"])


def timetable(**more: Any) -> Timetable:
    return Timetable(
        id=CLASS,
        slots=[Slot(id="a", start="08:00", minutes=25), Slot(id="b", start="08:25", minutes=25)],
        rooms=[Room(id="r", places=12, screens=4)],
        adults=[Adult(id="k", name="Ms K"), Adult(id="o", name="Mr O")],
        **more,
    )


def test_the_timetables_rules_are_kept(school: School) -> None:
    lesson = Lesson(name="Choir", slots=["a"], learners=["0@school.example"], adult="o", days=[1])
    apart = [(KEYS[1], KEYS[2])]
    school.planner.set_timetable(
        school.tenant, "k", timetable(lessons=[lesson], apart=apart, limits=Limits(screen_minutes=25)), lambda _: True
    )
    made = make(school)  # a Monday
    assert row(made, KEYS[0])["lessons"][0] == "Choir"
    assert doing(made, KEYS[0])[0] is None
    assert all(NAMES[2] not in cell["with"] for cell in row(made, KEYS[1])["cells"] if cell)
    assert sum(cell["screen"] for cell in row(made, KEYS[5])["cells"] if cell) <= 1
    tuesday = school.planner.ask(school.tenant, CLASS, "2030-03-19", MakePlan(do="make", seconds=0.1), "k")
    assert doing(tuesday, KEYS[0])[0] is not None


def test_teachers_time_of_published_days_counts(school: School) -> None:
    school.planner.set_timetable(school.tenant, "k", timetable(), lambda _: True)
    first = school.planner.ask(school.tenant, CLASS, "2030-03-15", MakePlan(do="make", seconds=0.1), "k")
    school.planner.ask(school.tenant, CLASS, "2030-03-15", PublishPlan(do="publish"), "k")

    def taught(plan: dict[str, Any]) -> set[str]:
        return {one["learner"] for one in plan["rows"] for cell in one["cells"] if cell and cell["mode"] == "teacher"}

    later = make(school)
    waiting = set(KEYS) - taught(first)
    assert waiting <= taught(later) or not waiting


def test_who_does_not_see_a_class_sees_no_plan_of_it(school: School) -> None:
    school.say(Class(id="8c", learners=[Member(learner="mbox:mailto:z@school.example", name="Zoe")]))
    school.planner.set_timetable(school.tenant, "k", timetable(classes=[CLASS, "8c"]), lambda _: True)
    catalog = school.catalogs.latest(school.tenant)

    def sees_one(class_: Class | None) -> bool:
        return class_ is not None and class_.id == CLASS

    check_sees(catalog, CLASS, lambda _: True)
    with pytest.raises(Forbidden, match="planned together with classes that you do not see"):
        check_sees(catalog, CLASS, sees_one)
    today = today_in(catalog, CLASS, NOW)
    school.planner.ask(school.tenant, CLASS, today, MakePlan(do="make", seconds=0.1), "k")
    catalog = school.catalogs.latest(school.tenant)
    assert plan_of_today(catalog, CLASS, NOW, lambda _: True) is not None
    assert plan_of_today(catalog, CLASS, NOW, sees_one) is None  # the card on the page of the class, too
    with pytest.raises(NoClass):
        school.planner.set_timetable(school.tenant, "k", timetable(classes=["8c"]), sees_one)
    assert len(school.read()["rows"]) == len(KEYS) + 1


def test_a_timetable_that_contradicts_itself_is_refused() -> None:
    for wrong in (
        {"lessons": [Lesson(name="x", slots=["z"])]},
        {"lessons": [Lesson(name="x", slots=["a"], adult="z")]},
    ):
        with pytest.raises(ValueError, match="is none of the"):
            timetable(**wrong)


def test_csv_and_calendar(school: School) -> None:
    made = make(school)
    rows = list(csv.DictReader(io.StringIO(to_csv(made))))
    assert len(rows) == len(KEYS) * 3
    assert {one["name"] for one in rows} == {*NAMES[:-1], "'=Jon"}
    assert all(one["opens"] for one in rows)
    assert school.planner.read(school.tenant, CLASS, DAY, KEYS[6])["rows"] == made["rows"]
    with pytest.raises(NotPlanned, match="no such learner"):
        school.planner.read(school.tenant, CLASS, DAY, "nobody")
    text = to_calendar(made, "Europe/Berlin", KEYS[6])
    assert text.count("BEGIN:VEVENT") == 3
    assert "DTSTART:20300318T080000Z" in text  # 09:00 in Berlin, in winter
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "Gül" in text.replace("\r\n ", "")
    assert len(set(_values(text, "UID"))) == 3
    everybody = to_calendar(made, "")
    assert everybody.count("BEGIN:VEVENT") < len(KEYS) * 3  # a group is one event
    assert "DTSTART:20300318T090000Z" in everybody


def test_the_timetable_of_a_class_is_assumed_until_it_is_said(school: School) -> None:
    assert timetable_of(school.catalogs.latest(school.tenant), CLASS)[1]
    school.planner.set_timetable(school.tenant, "k", timetable(), lambda _: True)
    assert timetable_of(school.catalogs.latest(school.tenant), CLASS) == (timetable(), False)


def _values(text: str, name: str) -> list[str]:
    return [line.partition(":")[2] for line in text.split("\r\n") if line.startswith(f"{name}:")]


def _members() -> list[Member]:
    return [Member(learner=key, name=name) for key, name in zip(KEYS, NAMES, strict=True)]


@pytest.mark.parametrize("day", ["20300318", "2030-W12-1", "0001-01-01", "9999-12-31", "2030-02-30", ""])
def test_what_is_no_day_of_a_plan(school: School, day: str) -> None:
    with pytest.raises(Invalid, match="YYYY-MM-DD"):
        school.planner.read(school.tenant, CLASS, day)


def test_of_two_who_change_one_version_at_once_the_second_is_refused(school: School) -> None:
    version = school.ask(MakePlan(do="make", seconds=0.1))["version"]
    begin = threading.Barrier(4)

    def absent(who: str) -> str:
        begin.wait()
        try:
            school.ask(SayAbsent(do="absent", who=who, version=version))
        except PlanMoved:
            return "refused"
        return "done"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(absent, KEYS[:4])) == ["done", "refused", "refused", "refused"]


def test_a_long_name_does_not_keep_a_plan_from_being_changed(school: School) -> None:
    make(school)
    members = [m.model_copy(update={"name": "Ada " * 150}) if m.name == "Ada" else m for m in _members()]
    school.say(Class(id=CLASS, name="Seven", learners=members))
    for present in (False, True):
        plan = school.ask(SayAbsent(do="absent", who=KEYS[0], present=present))
        assert plan["what"].startswith("Ada Ada")
        assert len(plan["what"]) == LONGEST_NAME


def test_who_changes_another_class_does_not_wait(school: School) -> None:
    with school.planner._asking.of(school.tenant, "another class"):
        assert make(school)["version"]
