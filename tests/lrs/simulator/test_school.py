"""The school: its catalog hangs together, and its skills come in an order that can be taught."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lrs.simulator import school as make
from lrs.simulator.school import ITEMS_OF_A_SKILL, SimulatedSchool
from schemas.catalog import Activity, Class, Skill
from schemas.material import Material
from schemas.roster import Person
from schemas.timetable import Timetable
from schemas.xapi.actor import learner_key

START = datetime(2026, 1, 5, tzinfo=UTC)
SCHOOL = SimulatedSchool.build(start=START)


def test_the_same_seed_gives_the_same_school() -> None:
    assert SimulatedSchool.build(start=START) == SCHOOL
    assert SimulatedSchool.build(8, start=START) != SCHOOL


def test_what_the_catalog_names_is_in_it() -> None:
    changes = SCHOOL.changes()
    skills = {change.id for change in changes if isinstance(change, Skill)}
    for change in changes:
        match change:
            case Skill():
                assert set(change.requires) <= skills
            case Activity():
                assert change.skills
                assert set(change.skills) <= skills
            case Class():
                assert set(change.skills) == skills
                assert len({member.learner for member in change.learners}) == len(change.learners) == 28
            case Material():
                assert change.opens or change.id.startswith(make.HOME)
    named = [change.id for change in changes if isinstance(change, Skill | Activity | Class)]
    assert len(set(named)) == len(named)


def test_requirements_are_taught_before() -> None:
    for number in range(make.skills()):
        assert all(before < number for before in make.requires(number))


def test_keys_are_what_the_store_makes_of_the_actor() -> None:
    for pupil in SCHOOL.classes["7a"]:
        assert pupil.key == learner_key({"account": {"homePage": make.HOME, "name": pupil.account}})


def test_items_go_from_easy_to_hard_about_the_same_middle() -> None:
    steps = [make.difficulty(n) for n in range(ITEMS_OF_A_SKILL)]
    assert steps == sorted(set(steps))
    assert sum(steps) == pytest.approx(0)


def test_every_skill_can_be_worked_on_in_every_mode_with_a_screen_and_without() -> None:
    changes = SCHOOL.changes()
    taught = {change.id: change.skills for change in changes if isinstance(change, Activity)}
    ways: dict[str, set[tuple[str, bool]]] = {}
    for one in changes:
        if isinstance(one, Material):
            for skill in taught[one.id]:
                ways.setdefault(skill, set()).add((one.mode, one.screen))
    wanted = {("alone", True), ("alone", False), ("pair", False), ("teacher", False)}
    assert ways == {make.skill(number): wanted for number in range(make.skills())}


def test_a_class_has_a_teacher_whom_the_roster_knows_and_a_timetable() -> None:
    changes = SCHOOL.changes()
    persons = {one.id for one in changes if isinstance(one, Person)}
    tables = {one.id: one for one in changes if isinstance(one, Timetable)}
    for one in changes:
        if isinstance(one, Class):
            assert set(one.teachers) <= persons
            assert sum(room.places for room in tables[one.id].rooms) >= len(one.learners)
            assert {key for pair in tables[one.id].apart for key in pair} <= {member.learner for member in one.learners}
