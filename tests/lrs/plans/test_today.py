"""The plan of today beside the groups of now, and which check the groups go by."""

from __future__ import annotations

from typing import Any

import pytest

from lrs.plans.groups import group_of_learner, groups_now
from lrs.plans.today import plan_now, plan_of_today, planned_together, planned_with, row_of, today_in, with_plan
from schemas.catalog import Catalog, School
from schemas.days import DAY
from schemas.opening_check import Check, CheckResults, EnteredResult, Question
from tests.lrs.plans.test_groups import board, cell, learner
from tests.support.classroom import NOW

ADA, BEN, CEM, DUA = (f"mbox:mailto:{name}@s.example" for name in ("ada", "ben", "cem", "dua"))


def planned(skill: str, mode: str = "pair", group: int = 1, adult: str = "") -> dict[str, Any]:
    return {
        "skill": {"id": skill, "name": skill},
        "mode": mode,
        "group": group,
        "adult": adult or None,
        "with": ["Ben"],
        "with_not_seen_for": [21],
    }


def group(*members: str, skill: str = "a") -> dict[str, Any]:
    named = [{"learner": one, "name": one} for one in members]
    return {"skill": {"id": skill, "name": "Adding"}, "purpose": "help", "members": named}


PLAN: dict[str, Any] = {
    "slots": [{"start": "09:00"}, {"start": "09:20"}],
    "rows": [
        {"learner": ADA, "absent": False, "cells": [planned("a"), planned("a", "teacher", 1, "Ms K")],
         "lessons": [None, None]},
        {"learner": BEN, "absent": False, "cells": [planned("a"), planned("a", "teacher", 1, "Ms K")],
         "lessons": [None, None]},
        {"learner": CEM, "absent": False, "cells": [planned("a", "alone", 0), planned("a", "teacher", 1, "Ms K")],
         "lessons": [None, None]},
        {"learner": DUA, "absent": True, "cells": [None, None], "lessons": ["Choir", None]},
    ],
}  # fmt: skip


def test_a_group_is_found_where_most_of_it_work_together() -> None:
    assert planned_together(PLAN, group(ADA, BEN, CEM, DUA)) == ("09:20", "Ms K", 3)
    assert planned_together(PLAN, group(ADA, BEN)) == ("09:00", "", 2)  # of several the first
    assert planned_together(PLAN, group(CEM, DUA)) is None  # one alone is not together
    assert planned_together(PLAN, group(ADA, BEN, skill="b")) is None
    assert [one["planned"] for one in with_plan([group(ADA, BEN)], None)] == [None]


def test_a_learners_row() -> None:
    assert [(one["start"], one["cell"]["mode"]) for one in row_of(PLAN, CEM)] == [
        ("09:00", "alone"),
        ("09:20", "teacher"),
    ]
    assert row_of(PLAN, DUA) == row_of(PLAN, "nobody") == []


def test_with_whom_a_learner_works_by_a_plan_that_is_published() -> None:
    published = {**PLAN, "published": True}
    assert planned_with(published, ADA) == [
        ("09:00", "a", "a", "", [("Ben", 21)]),
        ("09:20", "a", "a", "Ms K", [("Ben", 21)]),
    ]
    assert [one.start for one in planned_with(published, CEM)] == ["09:20"]  # what is done alone is with nobody
    assert planned_with({**PLAN, "published": False}, ADA) == planned_with(None, ADA) == []


def test_groups_go_by_the_check_that_was_answered_today_where_the_class_is() -> None:
    catalog = Catalog()
    catalog.apply(School(id="s", zone="Pacific/Kiritimati"), 1, 1)  # 14 hours ahead of UTC
    found = board(learner("Ada", cell("a", "practise", 0.2)), learner("Ben", cell("a", "practise", 0.2)),
                  learner("Cem", cell("b", "advance", 0.9)), learner("Dua", cell("b", "advance", 0.9)))  # fmt: skip
    question = Question(item="i", name="i", skill="b", skill_name="Halving", opens="i", bits=1.0)

    def answer(id_: str, at: int, right: bool | None = False) -> None:
        catalog.apply(Check(id=id_, class_id="7b", by="t", questions=[question]), 2, at)
        results = [EnteredResult(learner=one, question=0, right=right) for one in (CEM, DUA)]
        catalog.apply(CheckResults(id=id_, class_id="7b", by="t", results=results), 3, at)

    def skills() -> list[str]:
        return [one["skill"]["id"] for one in groups_now(found, catalog, NOW)["groups"]]

    answer("old", NOW - DAY)
    answer("nothing", NOW, None)
    assert (groups_now(found, catalog, NOW)["check"], skills()) == ("", ["a"])
    answer("new", NOW)
    assert (groups_now(found, catalog, NOW)["check"], skills()) == ("new", ["b", "a"])
    assert groups_now(found, catalog, NOW + DAY)["check"] == ""
    assert group_of_learner(groups_now(found, catalog, NOW)["groups"], CEM) == (
        *(1, "b", "Halving", "practise"),
        [("Dua", None)],
    )
    assert group_of_learner(groups_now(found, catalog, NOW)["groups"], "nobody") is None


def test_today_is_that_of_the_class_and_a_day_without_a_plan_has_none() -> None:
    catalog = Catalog()
    assert today_in(catalog, "7b", NOW) == "2030-03-17"  # 17:46 UTC
    catalog.apply(School(id="7b", zone="Pacific/Kiritimati"), 1, 1)
    assert today_in(catalog, "7b", NOW) == "2030-03-18"
    assert plan_of_today(catalog, "7b", NOW, lambda _: True) is None


@pytest.mark.parametrize(("clock", "shown", "seconds"), [
    ("06:59:30", [("09:00", False)], 30), ("07:00:00", [("09:00", True), ("09:20", False)], 1200),
    ("07:19:59", [("09:00", True), ("09:20", False)], 1), ("07:20:00", [("09:20", True)], 1200),
    ("07:40:00", [], None),
])  # fmt: skip
def test_what_is_now_and_next_goes_by_the_clock_of_the_class(
    clock: str, shown: list[tuple[str, bool]], seconds: int | None
) -> None:
    catalog = Catalog()
    catalog.apply(School(id="7b", zone="Africa/Cairo"), 1, 1)  # two hours ahead of UTC
    hours, minutes, past = map(int, clock.split(":"))
    now = NOW - NOW % DAY + ((hours * 60 + minutes) * 60 + past) * 1_000_000
    slots = [{"start": "09:00", "minutes": 20}, {"start": "09:20", "minutes": 20}]
    found = plan_now(catalog, "7b", {**PLAN, "rows": [], "slots": slots, "published": True}, now)
    assert found is not None
    assert ([(slot.start, slot.under_way) for slot in found.slots], found.seconds) == (shown, seconds)
    assert plan_now(catalog, "7b", {**PLAN, "published": False}, now) is plan_now(catalog, "7b", None, now) is None
