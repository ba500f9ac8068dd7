"""The satisfaction of sessions that other systems recorded equals what they recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lrs.cmi5.satisfaction import satisfaction_of, statement_time
from schemas.cmi5 import words
from schemas.cmi5.course import Au, Course, MoveOn
from tests.support.not_tested import needs_shared

FIXTURES = Path(__file__).parents[4] / "shared" / "fixtures" / "cmi5"
TEXT = {"en": "-"}
# Its "passed" statement is the initialized one a second time: what the LMS said next has no ground in the recording.
FLAWED = "03-completed_or_passed-passed"
SCENARIOS = [
    ("01-typical-non_credit_session", MoveOn.COMPLETED, []),
    (FLAWED, MoveOn.COMPLETED_OR_PASSED, []),
    ("05-completed_or_passed-failed_completed", MoveOn.COMPLETED_OR_PASSED, [words.COMPLETED]),
    ("07-passed-passed", MoveOn.PASSED, [words.PASSED]),
    ("09-completed_and_passed", MoveOn.COMPLETED_AND_PASSED, [words.PASSED, words.COMPLETED]),
    (
        "11-completed_and_passed-masteryScore-failed_first",
        MoveOn.COMPLETED_AND_PASSED,
        [words.PASSED, words.COMPLETED],
    ),
    ("13-progress_usage", MoveOn.COMPLETED_OR_PASSED, [words.COMPLETED]),
    ("15-review_mode", MoveOn.COMPLETED, []),
    ("17-abandoned_session", MoveOn.COMPLETED, []),
]
Json = dict[str, Any]

pytestmark = needs_shared(FIXTURES, "tests/lrs/cmi5/test_satisfaction.py tests the rules")


def recorded(name: str) -> tuple[Course, list[Json], list[Json]]:
    """The course, by the launch data; the statements without the LMS's `satisfied`; and those."""
    documents = [json.loads(path.read_text()) for path in sorted((FIXTURES / name).glob("*.json"))]
    (data,) = (document for document in documents if "contextTemplate" in document)
    (publishers,) = data["contextTemplate"]["contextActivities"]["grouping"]
    au = Au(
        id=publishers["id"],
        title=TEXT,
        description=TEXT,
        url="https://au.example/",
        move_on=MoveOn(data["moveOn"]),
        mastery_score=data.get("masteryScore"),
    )
    course = Course(id=publishers["id"].partition("/aus/")[0], title=TEXT, description=TEXT, children=[au])
    statements = [document for document in documents if "verb" in document]
    satisfied_statements = [s for s in statements if s["verb"]["id"] == words.SATISFIED]
    return course, [s for s in statements if s not in satisfied_statements], satisfied_statements


def test_every_scenario_is_here() -> None:
    assert [name for name, _, _ in SCENARIOS] == sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())


@pytest.mark.parametrize(("name", "move_on", "verbs"), SCENARIOS)
def test_satisfied_as_recorded(name: str, move_on: MoveOn, verbs: list[str]) -> None:
    course, statements, satisfied_statements = recorded(name)
    assert isinstance(course.children[0], Au)
    assert course.children[0].move_on is move_on
    of_course = satisfaction_of(course, reversed(statements))
    by_id = {s["id"]: s for s in statements}
    assert [by_id[id_]["verb"]["id"] for id_ in of_course.by] == verbs
    assert of_course.satisfied is bool(verbs)
    if name == FLAWED:
        return
    assert of_course.satisfied is bool(satisfied_statements)
    if satisfied_statements:
        (satisfied,) = satisfied_statements
        assert [activity["id"] for activity in satisfied["context"]["contextActivities"]["grouping"]] == [course.id]
        last = max(statement_time(by_id[id_]) for id_ in of_course.by)
        assert of_course.at == last <= statement_time(satisfied)
        terminated = [s for s in statements if s["verb"]["id"] == words.TERMINATED]
        assert [statement_time(satisfied) < statement_time(s) for s in terminated] == [True]


def test_the_flawed_scenario_with_the_statement_it_lacks() -> None:
    course, statements, satisfied_statements = recorded(FLAWED)
    initialized = [s for s in statements if s["verb"]["id"] == words.INITIALIZED]
    assert initialized[0] == initialized[1]  # or the recording was mended, and this test can go
    assert len(satisfied_statements) == 1
    activities = initialized[1]["context"]["contextActivities"]
    activities["category"].append({"id": words.MOVE_ON})
    passed = initialized[1] | {"id": "a6a9a4c0-0000-4000-8000-000000000001", "verb": {"id": words.PASSED}}
    assert satisfaction_of(course, [*statements, passed]).by == (passed["id"],)


@pytest.mark.parametrize(("name", "move_on", "verbs"), [s for s in SCENARIOS if s[2]])
def test_not_before_the_last_statement_and_not_without_it(name: str, move_on: MoveOn, verbs: list[str]) -> None:
    course, statements, _ = recorded(name)
    needed = satisfaction_of(course, statements).by
    for missing in needed:
        assert satisfaction_of(course, [s for s in statements if s["id"] != missing]).satisfied is False
