"""What tools of the field send, and what must come of it: a table of our own, and cases kept beside the repository."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from processors.meaning.caliper import statement
from processors.meaning.interpret import interpret
from processors.meaning.resolve import resolve
from schemas.caliper import CaliperEvent
from schemas.catalog import CHANGES, Catalog
from schemas.evidence import Evidence
from schemas.observation import Kind
from schemas.xapi import Invalid
from schemas.xapi import check as check_grammar
from schemas.xapi.repair import repair
from tests.processors.meaning import cases as own
from tests.processors.meaning import field_cases as field
from tests.support.not_tested import needs_shared

SHARED = Path(__file__).parents[4] / "shared" / "cases" / "tools.json"
_NEEDED: dict[str, list[dict[str, Any]]] = {
    "moodle_essay_80pct_scaled_minus1_to_1": [
        {"kind": "activity", "id": "https://moodle.example/essay?id=3", "skills": ["s"], "mastery_score": 0.6}
    ],
    "moodle_question_only_quiz_in_catalog": [
        {"kind": "activity", "id": "https://moodle.example/mod/quiz/view.php?id=7", "skills": ["s"]}
    ],
    "one_pupil_three_ids": [
        {"kind": "person", "id": "7", "mailboxes": ["same@school.example"]},
        {"kind": "alias", "id": "account:https://school.example|same", "of": "person:7"},
        {"kind": "alias", "id": "account:http://edx.example|3f0e", "of": "account:https://school.example|same"},
    ],
    "score_raw_max_no_scaled": [
        {"kind": "activity", "id": "https://moodle.example/essay?id=3", "skills": ["s"], "mastery_score": 0.6}
    ],
}
# What must come of each: outcomes of attempts, then minutes and sessions where the case is about them.
_MUST: dict[str, dict[str, Any]] = {
    "blackboard_item_submitted": {"attempts": [None]},
    "canvas_grade_change_full_marks_no_mastery_score": {"attempts": [1.0]},
    "canvas_grade_change_regrade_same_submission": {"attempts": [1.0]},
    "canvas_submission_created": {"items": ["urn:instructure:canvas:assignment:355"], "attempts": []},
    "grade_by_teacher_counts_as_learners_activity": {"attempts": [1.0, 1.0], "days": 1, "sessions": 1, "minutes": 0},
    "h5p_blanks_five_right": {"attempts": [1.0] * 5},
    "h5p_fill_in_blanks_zero_no_success": {"attempts": [0.0]},
    "moodle_essay_80pct_scaled_minus1_to_1": {"attempts": [1.0], "shares": [0.75]},
    "moodle_question_only_quiz_in_catalog": {"attempts": [1.0], "skills": ["s"]},
    "moodle_shortanswer_unjudged": {"attempts": [None]},
    "one_pupil_three_ids": {"attempts": [1.0] * 3, "sessions": 1},
    "openedx_two_wrong_submissions": {"attempts": [0.0, 0.0]},
    "quiz_12min_same_second_du1": {"minutes": 12, "sessions": 1},
    "quiz_12min_same_second_du2": {"minutes": 12, "sessions": 1},
    "score_raw_max_no_scaled": {"attempts": [1.0], "shares": [0.9]},
    "scored_10_of_10_no_success_no_mastery_score": {"attempts": [1.0]},
    "scorm_passed_then_terminated": {"attempts": [1.0]},
    **{f"skill_type_{n}": {"attempts": [1.0], "skills": ["https://std.example/1"]} for n in (0, 2, 4, 8, 10)},
    "video_45min_play_pause": {"minutes": 45, "sessions": 1},
    "video_paused_idle_25min": {"minutes": 0},
    **{f"vocab_{n}": {"attempts": [1.0]} for n in (0, 2, 6, 8)},
    "vocab_4": {"attempts": [0.0]},  # the verb is "failed"
}
_REPAIRED = {"openedx_batch_with_one_groupactivity": "1.context.contextActivities.parent.0.objectType"}


def shared() -> Any:
    return json.loads(SHARED.read_text("utf-8")) if SHARED.exists() else []


def evidence(sent: Any, catalog: Catalog) -> list[Evidence]:
    """The evidence of statements, or of a Caliper envelope's events, of one person."""
    statements = sent if isinstance(sent, list) else [_mapped(event, sent["dataVersion"]) for event in sent["data"]]
    observations = [o for each in statements for o in interpret(each, catalog, "t", 0, 0)]
    assert len({catalog.people.person(o.person) for o in observations}) == 1
    return resolve(sorted(observations, key=lambda o: o.order))[0]


def _mapped(event: dict[str, Any], version: str) -> dict[str, Any]:
    id_ = event["id"] if ":" in event["id"] else f"urn:uuid:{event['id']}"  # as a lenient credential repairs it
    return statement(CaliperEvent.model_validate({**event, "id": id_}), {}, version)


def check(evidence_of_case: Iterable[Evidence], must: dict[str, Any]) -> None:
    """What evidence comes to, beside what it must."""
    evidence_of_case = list(evidence_of_case)
    tried = [e for e in evidence_of_case if e.kind is Kind.ATTEMPT and not e.again]
    later = [e for e in evidence_of_case if e.kind is Kind.ATTEMPT and e.again and e.outcome is not None]
    own_ = [e for e in evidence_of_case if e.own]
    come = {
        "attempts": [_finally(e, later) for e in tried],
        "shares": [e.share for e in tried],
        "skills": sorted({skill for e in evidence_of_case for skill in e.skills}),
        "items": sorted({e.item for e in evidence_of_case}),
        "kinds": [str(e.kind) for e in evidence_of_case],
        "minutes": sum(length for e in evidence_of_case for _, length in e.active) / 60e6,
        "sessions": sum(e.session for e in evidence_of_case),
        "days": len({e.day for e in own_}),
        "assistance": [e.assistance for e in tried],
    }
    assert {name: come[name] for name in must} == must


def _finally(tried: Evidence, later: list[Evidence]) -> float | None:
    """The outcome of an attempt: where it was judged later, as that says."""
    if tried.outcome is not None:
        return tried.outcome
    judged = next((e for e in later if e.item == tried.item and e.order > tried.order), None)
    if judged is None:
        return None
    later.remove(judged)
    return judged.outcome


def check_repair(sent: Sequence[dict[str, Any]], field: str) -> None:
    """A batch is refused for one field, and a lenient sender's is repaired there alone."""
    raw = [orjson.dumps(each) for each in sent]
    wrong = []
    for index, statement_bytes in enumerate(raw):
        try:
            check_grammar(statement_bytes, "1.0.3")
        except Invalid as error:
            wrong.append(f"{index}.{error.field}")
    assert wrong == [field]
    mended = [repair(statement_bytes, "1.0.3") for statement_bytes in raw]
    assert [len(repaired.repairs) for repaired in mended] == [0, 1]
    for whole in mended:
        check_grammar(whole.raw, "1.0.3")


def catalog(changes: Sequence[dict[str, Any]]) -> Catalog:
    built = Catalog()
    for position, change in enumerate(CHANGES.validate_python(list(changes))):
        built.apply(change, position, 0)
    return built


@needs_shared(SHARED, "test_a_case_of_our_own tests each kind")
@pytest.mark.parametrize("case", shared(), ids=lambda case: case["case"])
def test_a_case_of_the_field(case: dict[str, Any]) -> None:
    name = case["case"]
    if name in _REPAIRED:
        check_repair(case["input"], _REPAIRED[name])
    else:
        check(evidence(case["input"], catalog(_NEEDED.get(name, []))), _MUST[name])


@pytest.mark.parametrize("case", [*own.CASES, *field.CASES], ids=lambda case: case.name)
def test_a_case_of_our_own(case: own.Case) -> None:
    sent = [{"id": str(uuid.UUID(int=n + 1, version=4)), **each} for n, each in enumerate(case.sent)]
    check(evidence(sent, catalog(case.catalog)), case.must)
