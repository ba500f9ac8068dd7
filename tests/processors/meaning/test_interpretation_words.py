"""Explanations say what `interpret` does, and why."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.meaning.interpret import interpret
from processors.meaning.interpretation_words import interpretation_in_words
from processors.meaning.vocabulary.table import VERBS
from schemas.catalog import Activity, Catalog
from tests.support.statements import ANSWERED, HOME, VOIDED, answered, skill, voiding

ITEM = f"{HOME}/items/i1"


def catalog(*changes: Activity) -> Catalog:
    activities = Catalog()
    for n, change in enumerate(changes):
        activities.apply(change, n, 0)
    return activities


def because(statement: dict[str, Any], of_catalog: Catalog | None = None) -> str:
    return "\n".join(interpretation_in_words(statement, of_catalog or Catalog()).because)


@pytest.mark.parametrize(
    ("result", "of_catalog", "reason"),
    [
        ({"success": True}, None, "right: by result.success; no marks"),
        ({"success": False}, None, "wrong: by result.success; no marks"),
        ({"score": {"raw": 3, "max": 3}}, None, "right: full marks; a share of 1 of the marks (raw 3, max 3)"),
        ({"score": {"raw": 0, "min": 0, "max": 3}}, None, "wrong: no marks; a share of 0 of the marks (raw 0, min 0"),
        ({"score": {"scaled": 0.5}}, None, "not judged: the result says neither success nor enough of a score"),
        (
            {"score": {"scaled": 0.5}},
            catalog(Activity(id=ITEM, mastery_score=0.4)),
            "right: the catalog's threshold; a share of 0.5 of the marks (scaled 0.5)",
        ),
        ({}, None, "not judged: there is no result; no marks"),
    ],
)
def test_why_it_is_right_or_wrong(result: dict[str, Any], of_catalog: Catalog | None, reason: str) -> None:
    assert reason in because(answered(result=result), of_catalog)


def test_why_it_is_of_a_skill() -> None:
    assert f"skill {skill('fractions')}: from the statement's context" in because(answered())
    bare = answered(skills=())
    assert "no skill: neither the statement nor the catalog says" in because(bare)
    own = catalog(Activity(id=ITEM, skills=["s"]))
    assert "skill s: by the catalog's entry of the item" in because(bare, own)
    whole = catalog(Activity(id=f"{HOME}/quiz", skills=["s"]))
    inside = bare | {"context": {"contextActivities": {"parent": [{"id": f"{HOME}/quiz"}]}}}
    assert "skill s: by the catalog's entry of what the item is a part of" in because(inside, whole)


def test_what_is_nobodys_learning() -> None:
    meaning = interpretation_in_words(voiding("x"), Catalog())
    assert meaning.observations == []
    assert meaning.because[-1] == "nobody's learning: a voiding"


def test_the_source_of_the_verb() -> None:
    assert because(answered()).startswith("the verb")
    unknown = answered() | {"verb": {"id": "https://v.example/flurbed"}}
    assert "a verb of no listed vocabulary" in because(unknown)


scores = st.fixed_dictionaries(
    {}, optional={"raw": st.integers(0, 3), "min": st.just(0), "max": st.integers(1, 3), "scaled": st.floats(-1, 1)}
)
results = st.fixed_dictionaries({}, optional={"success": st.booleans(), "completion": st.booleans(), "score": scores})
verbs = st.sampled_from(sorted(VERBS - {VOIDED})) | st.just(ANSWERED)
catalogs = st.sampled_from([Catalog(), catalog(Activity(id=ITEM, skills=["s"], mastery_score=0.5))])


@given(verbs, results, catalogs, st.sampled_from([(), ("a",)]))
def test_it_says_what_is_done(verb: str, result: dict[str, Any], known: Catalog, skills: tuple[str, ...]) -> None:
    statement = answered(skills=skills, result=result) | {"verb": {"id": verb}}
    meaning = interpretation_in_words(statement, known)
    assert meaning.observations == interpret(statement, known, "", 0, 0)
    for observation in meaning.observations:
        word = {1.0: "right:", 0.0: "wrong:", None: "not judged:"}[observation.outcome]
        assert any(reason.startswith(word) for reason in meaning.because)
        assert not any(reason.startswith(f"{word} ;") for reason in meaning.because)
