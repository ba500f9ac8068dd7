"""The school: its catalog hangs together, and its skills come in an order that can be taught."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lrs.simulator import school as make
from lrs.simulator.school import ITEMS, SimulatedSchool
from schemas.catalog import Activity, Class, Skill
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
    named = [change.id for change in changes if isinstance(change, Skill | Activity | Class)]
    assert len(set(named)) == len(named)


def test_requirements_are_taught_before() -> None:
    for number in range(make.skills()):
        assert all(before < number for before in make.requires(number))


def test_keys_are_what_the_store_makes_of_the_actor() -> None:
    for pupil in SCHOOL.classes["7a"]:
        assert pupil.key == learner_key({"account": {"homePage": make.HOME, "name": pupil.account}})


def test_items_go_from_easy_to_hard_about_the_same_middle() -> None:
    steps = [make.difficulty(n) for n in range(ITEMS)]
    assert steps == sorted(set(steps))
    assert sum(steps) == pytest.approx(0)
