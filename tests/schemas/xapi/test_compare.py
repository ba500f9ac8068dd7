from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from schemas.xapi.compare import same_statement

ID = "8613c2cf-469a-46eb-ae85-30e3ed81d2b0"
ANN, BEN = {"mbox": "mailto:ann@example.org"}, {"mbox": "mailto:ben@example.org"}
STANDING: dict[str, Any] = {
    "id": ID,
    "actor": {"objectType": "Group", "member": [ANN, BEN]},
    "verb": {"id": "https://verbs.example/did", "display": {"en": "did"}},
    "object": {"id": "https://things.example/1", "definition": {"name": {"en": "One"}}},
    "result": {"score": {"scaled": 0.5}},
    "context": {
        "registration": ID,
        "contextActivities": {"parent": {"id": "https://things.example/0"}},
        "extensions": {"https://keys.example/k": {"definition": 1}},
    },
    "timestamp": "2024-05-01T10:00:00Z",
    "stored": "2024-05-01T10:00:01.000000Z",
    "authority": ANN,
    "version": "1.0.0",
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """STANDING with one value set; None takes it out."""
    whole = deepcopy(STANDING)
    *above, last = path.split("/")
    part = whole
    for name in above:
        part = part[name]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", ID.upper()),
        ("actor/member", [BEN, {"objectType": "Agent", **ANN}]),
        ("verb/display", {"de": "tat"}),
        ("object/definition", None),
        ("object/objectType", "Activity"),
        ("context/registration", ID.upper()),
        ("context/contextActivities/parent", [{"id": "https://things.example/0", "definition": {}}]),
        ("timestamp", "2024-05-01T12:00:00.000+02:00"),
        ("timestamp", "2024-05-01T10:00:00"),
        ("stored", "2024-06-01T10:00:00Z"),
        ("authority", BEN),
        ("version", "1.0.3"),
    ],
)
def test_another_spelling_says_the_same(path: str, value: Any) -> None:
    assert same_statement(STANDING, changed(path, value))


def test_one_without_a_timestamp_does_not_say_when() -> None:
    without = {name: value for name, value in STANDING.items() if name not in ("timestamp", "stored")}
    assert same_statement(STANDING, without)
    assert not same_statement(STANDING, {**without, "timestamp": STANDING["stored"]})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("actor/member", [ANN]),
        ("actor", ANN),
        ("verb/id", "https://verbs.example/undid"),
        ("object/id", "https://things.example/2"),
        ("object", {"objectType": "StatementRef", "id": ID}),
        ("result/score/scaled", 0.6),
        ("result", None),
        ("context/registration", "8613c2cf-469a-46eb-ae85-30e3ed81d2b1"),
        ("context/contextActivities/parent", []),
        ("context/extensions", {"https://keys.example/k": {"definition": 2}}),
        ("timestamp", "2024-05-01T10:00:00.001Z"),
    ],
)
def test_another_word_says_something_else(path: str, value: Any) -> None:
    assert not same_statement(STANDING, changed(path, value))


def test_sub_statements_compare_by_what_they_say() -> None:
    sub = {"objectType": "SubStatement", "actor": ANN, "verb": STANDING["verb"], "object": STANDING["object"]}
    with_sub_statement = changed("object", {**sub, "timestamp": "2024-05-01T10:00:00Z"})
    assert same_statement(with_sub_statement, changed("object", {**sub, "timestamp": "2024-05-01T10:00:00+00:00"}))
    assert not same_statement(with_sub_statement, changed("object", {**sub, "timestamp": "2024-05-02T10:00:00Z"}))
    assert not same_statement(
        with_sub_statement, changed("object", {**sub, "timestamp": "2024-05-01T10:00:00Z", "actor": BEN})
    )
