"""The API against its own OpenAPI: made-up requests to a running server get answers that conform, never a 5xx."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import schemathesis
from hypothesis import example, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from schemas.pacing_answers import Board, CatalogState, LearnerPage
from schemas.typed_text import line_fault
from tests.support.server import SECRET, Server
from tests.support.statements import answered, key, skill

USER = ("other", SECRET)  # its tenant's boards are read by no other test
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
DOCUMENT = schemathesis.openapi.from_path(Path(__file__).parents[2] / "docs/schema/openapi.json")
OPERATIONS = {found.ok().label: found.ok() for found in DOCUMENT.get_all_operations() if isinstance(found, Ok)}
OWN = sorted(label for label in OPERATIONS if "/xAPI" not in label)  # the xAPI's resources have tests of their own


def shorten(case: schemathesis.Case[Any]) -> None:
    """Ask streams and planners for little of the minutes that they may take."""
    places = [case.query] if case.path.endswith("/stream") else []
    places += [case.body] if isinstance(case.body, dict) and "seconds" in case.body else []
    for place in places:
        seconds = place.get("seconds", 300)
        if isinstance(seconds, int | float) and seconds > 0.2:
            place["seconds"] = 0.2


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize("label", OWN)
def test_answers_conform(server: Server, label: str, mode: GenerationMode) -> None:
    operation = OPERATIONS[label]
    if mode == GenerationMode.NEGATIVE and not (operation.path_parameters or operation.body):
        mode = GenerationMode.POSITIVE  # nothing in it can be wrong

    @settings(max_examples=8)
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: schemathesis.Case[Any]) -> None:
        shorten(case)
        case.call_and_validate(base_url=server.base, auth=USER, checks=CHECKS)

    ask()


def test_what_was_written_is_answered_truly(server: Server) -> None:
    """Whatever the made-up changes left behind, boards, pages and the catalog can still be read, and conform."""
    learner = "fuzzed"
    changes = [
        {"kind": "skill", "id": skill("thirds"), "name": "Thirds"},
        {"kind": "skill", "id": skill("halves"), "name": "Halves", "requires": [skill("thirds")]},
        {"kind": "class", "id": "fuzz", "learners": [{"learner": key(learner)}], "skills": [skill("halves")]},
        {
            **{"kind": "overrule", "learner": key(learner), "skill": skill("halves"), "decision": "advance"},
            **{"reason": "seen it", "by": "teacher"},
        },
    ]
    with server.client(*USER) as client:
        assert client.post("/catalog", json=changes).status_code == 200
        sent = [answered(learner, f"i{n}", skills=("halves", "thirds")) for n in range(5)]
        assert client.post("/xAPI/statements", json=sent).status_code == 200
        server.wait()
        board = Board.model_validate(_read(client, "/pacing/classes/fuzz"))
        assert board.learners[0].cells[0].overruled is not None
        page = LearnerPage.model_validate(_read(client, f"/pacing/learners/{quote(key(learner), safe='')}"))
        assert page.skills[0].attempts == 5
        assert len(page.skills[0].curve) > 0
        standing = CatalogState.model_validate_json(client.get("/catalog").content, strict=False)
        for found in standing.classes:
            assert client.get(f"/pacing/classes/{quote(found.id, safe='')}").status_code == 200


def _read(client: httpx.Client, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)


@settings(max_examples=15)
@given(NAMES, NAMES, NAMES)
@example("7\n/b", "a\r\n?", "\0")
@example("7b", "\x85", "s")
@example("7/b", "a?", "%00")
def test_a_class_of_any_id_of_one_line_has_a_board(server: Server, class_id: str, name: str, skill_id: str) -> None:
    learner = key(name)
    is_broken = any(map(line_fault, (class_id, name, skill_id)))
    change = {"kind": "class", "id": class_id, "learners": [{"learner": learner}], "skills": [skill_id]}
    with server.client(*USER) as client:
        answer = client.post("/catalog", json=[{"kind": "skill", "id": skill_id}, change])
        assert answer.status_code == (400 if is_broken else 200), answer.text
        if is_broken:
            assert answer.json()["field"] in ("0.id", "1.id", "1.learners.0.learner")
            return
        for path in (f"/pacing/classes/{quote(class_id, safe='')}", f"/pacing/learners/{quote(learner, safe='')}"):
            assert client.get(path).status_code == 200, path
        assert client.post("/catalog", json=[{**change, "removed": True}]).status_code == 200
