"""What statements mean for learners."""

from __future__ import annotations

from typing import Any

import pytest

from processors.meaning.duration import seconds
from processors.meaning.event_time import sent_time
from processors.meaning.interpret import interpret
from processors.meaning.resolve import resolve
from schemas.catalog import Activity, Catalog
from schemas.observation import Kind, Observation
from tests.support.statements import HOME, answered, key, learner, skill


def one(statement: dict[str, Any], catalog: Catalog | None = None) -> Observation:
    (observation,) = interpret(statement, catalog or Catalog(), "t", 3, 9)
    return observation


def teaching(item: str, *skills: str, mastery_score: float | None = None) -> Catalog:
    catalog = Catalog()
    catalog.apply(Activity(id=f"{HOME}/items/{item}", skills=list(skills), mastery_score=mastery_score), 1, 0)
    return catalog


def test_an_answer() -> None:
    statement = answered("ada", "i1", True, ("a", "b"), "2026-03-02T09:00:00.5+01:00")
    observation = one(statement)
    assert observation == Observation(
        tenant="t",
        learner=key("ada"),
        time=1_772_438_400_500_000,
        statement=statement["id"],
        ordinal=0,
        kind=Kind.ATTEMPT,
        verb="http://adlnet.gov/expapi/verbs/answered",
        item=f"{HOME}/items/i1",
        skills=(skill("a"), skill("b")),
        outcome=1.0,
        duration=20.0,
        session="",
        partition=3,
        sequence=9,
    )


@pytest.mark.parametrize(
    ("result", "mastery_score", "outcome"),
    [
        ({"success": False, "score": {"scaled": 1.0}}, 0.5, 1.0),  # the catalog's threshold wins
        ({"success": False, "score": {"scaled": 1.0}}, None, 0.0),
        ({"score": {"scaled": 0.7}}, 0.7, 1.0),
        ({"score": {"scaled": 0.69}}, 0.7, 0.0),
        ({"score": {"scaled": 0.9}}, None, None),
        ({"score": {"raw": 9}}, 0.5, None),
        ({}, 0.5, None),
    ],
)
def test_outcome(result: dict[str, Any], mastery_score: float | None, outcome: float | None) -> None:
    catalog = teaching("i1", "s", mastery_score=mastery_score)
    assert one(answered(skills=(), result=result), catalog).outcome == outcome


def test_cmi5_mastery_score() -> None:
    statement = answered(result={"score": {"scaled": 0.6}})
    statement["context"]["extensions"] = {"https://w3id.org/xapi/cmi5/context/extensions/masteryscore": 0.65}
    assert one(statement).outcome == 0.0


def test_skills_of_the_context_come_before_the_catalogs() -> None:
    catalog = teaching("i1", "s")
    assert one(answered(skills=()), catalog).skills == ("s",)
    assert one(answered(skills=("a",)), catalog).skills == (skill("a"),)


@pytest.mark.parametrize(
    ("verb", "kind"),
    [
        ("http://adlnet.gov/expapi/verbs/answered", Kind.ATTEMPT),
        ("http://adlnet.gov/expapi/verbs/scored", Kind.SCORE),
        ("http://adlnet.gov/expapi/verbs/completed", Kind.COMPLETION),
        ("http://activitystrea.ms/schema/1.0/complete", Kind.COMPLETION),
        ("http://adlnet.gov/expapi/verbs/experienced", Kind.EXPOSURE),
        ("http://id.tincanapi.com/verb/viewed", Kind.EXPOSURE),
        ("https://w3id.org/xapi/acrossx/verbs/watched", Kind.MEDIA),
        ("http://id.tincanapi.com/verb/rated", Kind.FEEDBACK),
        ("http://activitystrea.ms/schema/1.0/like", Kind.FEEDBACK),
        ("http://adlnet.gov/expapi/verbs/preferred", Kind.CHOICE),
        ("http://id.tincanapi.com/verb/selected", Kind.CHOICE),
    ],
)
def test_synonyms_of_verbs(verb: str, kind: Kind) -> None:
    assert one(answered(verb={"id": verb}, result={})).kind == kind


def test_an_unknown_verb_with_a_judged_result_is_evidence() -> None:
    verb = {"id": "https://tool.example/verbs/danced"}
    assert (one(answered(verb=verb)).kind, one(answered(verb=verb)).outcome) == (Kind.EXPOSURE, 1.0)
    assert [e.kind for e in resolve([one(answered(verb=verb))])[0]] == [Kind.EXPOSURE, Kind.ATTEMPT]
    assert [e.kind for e in resolve([one(answered(verb=verb, result={}))])[0]] == [Kind.EXPOSURE]


def test_stretches_of_media_are_read_where_a_medium_was_played() -> None:
    segments = {"extensions": {"https://w3id.org/xapi/video/extensions/played-segments": "0[.]12[,]10[.]15.5"}}
    paused = answered(verb={"id": "https://w3id.org/xapi/video/verbs/paused"}, result=segments)
    assert one(paused).stretches == (0.0, 15.5)
    assert one(answered(result=segments)).stretches == ()


def test_failed_says_so_itself() -> None:
    verb = {"id": "http://adlnet.gov/expapi/verbs/failed"}
    failure = one(answered(verb=verb, result={}))
    assert (failure.kind, failure.outcome) == (Kind.SCORE, 0.0)
    assert [e.kind for e in resolve([failure])[0]] == [Kind.ATTEMPT]


def test_a_group_fans_out() -> None:
    group = {"objectType": "Group", "member": [learner("ada"), learner("bo")]}
    observations = interpret(answered(actor=group), Catalog(), "t", 0, 0)
    assert [(o.learner, o.ordinal) for o in observations] == [(key("ada"), 0), (key("bo"), 1)]


def test_nothing_the_learner_did() -> None:
    about_another = {"objectType": "Agent", "mbox": "mailto:x@y.example"}
    assert interpret(answered(object=about_another), Catalog(), "t", 0, 0) == []
    waived = {"id": "https://w3id.org/xapi/adl/verbs/waived"}
    assert interpret(answered(verb=waived), Catalog(), "t", 0, 0) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1H2M3.5S", 3723.5),
        ("P1D", 86400.0),
        ("P1W", 604800.0),
        ("P", 0.0),
        ("nonsense", None),
        (None, None),
        (f"PT{'9' * 400}S", None),
    ],
)
def test_durations(text: str | None, expected: float | None) -> None:
    assert seconds(text) == expected


def test_a_time_without_an_offset_is_utc() -> None:
    assert sent_time({"timestamp": "1970-01-01T00:00:01"}) == 1_000_000
    assert sent_time({"timestamp": "1969-12-31T23:59:59.999999Z"}) == -1


def test_a_try_is_named_among_the_other_activities_too() -> None:
    """Moodle's logstore up to 4.7; it is looked for among the parents first."""
    attempt = {"definition": {"type": "http://adlnet.gov/expapi/activities/attempt"}}
    sent = answered(skills=())
    other: list[dict[str, Any]] = [
        {"id": "https://x.example/notes"},
        {"id": "https://x.example/attempt.php?attempt=1", **attempt},
    ]
    sent["context"] = {"contextActivities": {"other": other}}
    [observation] = interpret(sent, Catalog(), "t", 0, 0)
    assert (observation.attempt, observation.parents) == (other[1]["id"], (other[1]["id"],))
    sent["context"]["contextActivities"]["parent"] = [{"id": "https://x.example/attempt.php?attempt=2", **attempt}]
    assert interpret(sent, Catalog(), "t", 0, 0)[0].attempt == "https://x.example/attempt.php?attempt=2"
