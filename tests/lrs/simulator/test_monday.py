"""What the teachers of a simulated school did besides: requests that the API takes."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from typing import Any

from pydantic import TypeAdapter

from lrs.simulator.monday import QUESTIONS, lessons_asked, prepare_monday
from lrs.simulator.school import PupilKind, SimulatedSchool
from schemas.catalog import CHANGES
from schemas.opening_check import EnteredResult
from schemas.plan_events import Initiative
from schemas.plan_requests import PLAN_REQUEST

SCHOOL = SimulatedSchool.build(7, 2, 28, 2, datetime(2026, 1, 5, tzinfo=UTC))
TODAY = date(2026, 1, 19)


def asked() -> list[tuple[str, str, Any]]:
    found: list[tuple[str, str, Any]] = []

    async def ask(method: str, path: str, value: Any) -> Any:
        found.append((method, path, value))
        return {"id": "C1", "questions": [{}] * QUESTIONS}

    asyncio.run(prepare_monday(ask, SCHOOL, TODAY, 1_768_800_000_000_000))
    return found


def test_every_class_has_a_published_plan_of_today() -> None:
    plans = [(path, value) for _, path, value in asked() if path.startswith("/pacing/plans/")]
    wanted = [(f"/pacing/plans/{name}/2026-01-19", do) for name in ("7a", "7b") for do in ("make", "publish")]
    assert [(path, value["do"]) for path, value in plans] == wanted
    for _, value in plans:
        PLAN_REQUEST.validate_python(value)


def test_a_check_is_answered_by_whoever_was_there() -> None:
    [results] = [value["results"] for _, path, value in asked() if path == "/pacing/checks/7a/C1"]
    TypeAdapter(list[EnteredResult]).validate_python(results)
    there = {pupil.key for pupil in SCHOOL.classes["7a"] if pupil.kind is not PupilKind.DROPOUT}
    there.remove(SCHOOL.shown().key)  # who has it still before them
    assert {one["learner"] for one in results} == there
    assert len(results) == QUESTIONS * len(there)
    assert {True, False} == {one["right"] for one in results}


def test_the_overruling_and_the_initiative_are_what_the_catalog_takes() -> None:
    [changes] = [value for _, path, value in asked() if path == "/catalog"]
    CHANGES.validate_python(changes)
    [initiative] = [value for _, path, value in asked() if path == "/pacing/initiatives"]
    assert Initiative.model_validate(initiative).since == "2026-01-26"


def test_who_asks_for_a_lesson_asks_for_what_the_own_page_offers() -> None:
    struggler = next(pupil for pupil in SCHOOL.classes["7a"] if pupil.kind is PupilKind.STRUGGLER)
    cells = [{"skill": "a", "decision": "advance"}, {"skill": "b", "decision": "practise"}]
    learners = [{"learner": pupil.key, "cells": cells} for pupil in SCHOOL.classes["7a"]]
    assert lessons_asked(SCHOOL, {"learners": learners}) == [(struggler, "b"), (SCHOOL.shown(), "b")]
    assert lessons_asked(SCHOOL, {"learners": []}) == []
