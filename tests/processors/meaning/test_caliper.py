"""Caliper events as statements, and what the processors make of them."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.meaning.caliper import Unmapped, statement, statement_id
from processors.meaning.caliper_verbs import VERBS
from processors.meaning.interpret import interpret, nothing
from schemas.caliper import Entity, Event
from schemas.catalog import Catalog
from schemas.observation import Kind, Observation
from schemas.xapi import check
from tests.support.caliper import HOME, V1P2, event, item, key, person, response, score

SKILL = f"{HOME}/skills/halves"


def mapped(sent: dict[str, Any], *entities: dict[str, Any]) -> dict[str, Any]:
    """The statement of an event; it has to pass the grammar."""
    known = {e["id"]: Entity.model_validate(e) for e in entities}
    made = statement(Event.model_validate(sent), known, V1P2)
    check(orjson.dumps(made), "1.0.3")
    return made


def observed(sent: dict[str, Any], *entities: dict[str, Any]) -> Observation:
    (found,) = interpret(mapped(sent, *entities), Catalog(), "t", 0, 0)
    return found


def test_an_answer_is_an_attempt_at_the_item_and_its_skills() -> None:
    sent = event(generated=response(score=score(1)), session={"id": f"{HOME}/sessions/9", "type": "Session"})
    found = observed(sent)
    assert found.kind == Kind.ATTEMPT
    assert (found.learner, found.item, found.skills) == (key("ada"), f"{HOME}/items/i1", (SKILL,))
    assert (found.outcome, found.duration, found.session) == (1.0, 12.5, f"{HOME}/sessions/9")
    assert found.statement == sent["id"].removeprefix("urn:uuid:")
    assert mapped(sent)["result"] == {
        "score": {"raw": 1, "scaled": 1, "max": 1},
        "success": True,
        "response": "1[,]2",
        "duration": "PT12.500S",
    }
    assert mapped(sent)["context"]["contextActivities"]["parent"][0]["id"] == f"{HOME}/quizzes/1"


@pytest.mark.parametrize(
    ("given_", "most", "outcome"), [(1, 1, 1.0), (0, 1, 0.0), (2, 1, 1.0), (-3, 1, 0.0), (0.5, 1, None), (1, 0, 1.0)]
)
def test_only_full_marks_and_none_are_judged(given_: float, most: float, outcome: float | None) -> None:
    # The item's own maxScore (1) is used where the score has none.
    assert observed(event(generated=response(score=score(given_, most)))).outcome == outcome


def test_an_answer_without_a_score_is_an_attempt_that_nobody_judged() -> None:
    assert (observed(event(generated=response())).outcome, observed(event()).kind) == (None, Kind.ATTEMPT)


def test_a_grade_is_about_the_one_who_made_the_attempt() -> None:
    attempt = {"id": f"{HOME}/attempts/1", "type": "Attempt", "assignee": person("bob")["id"], "assignable": item()}
    robot = {"id": f"{HOME}/grader", "type": "SoftwareApplication"}
    graded = event("GradeEvent", "Graded", actor=robot, object=attempt, generated=score(0))
    found = observed(graded)
    assert (found.learner, found.kind, found.outcome, found.skills) == (key("bob"), Kind.ATTEMPT, 0.0, (SKILL,))
    quiz = {**attempt, "assignable": {"id": f"{HOME}/quizzes/1", "type": "Assessment"}}
    whole = mapped(graded | {"object": quiz, "generated": score(12, 15)})
    assert whole["result"] == {"score": {"raw": 12, "scaled": 0.8, "max": 15}}


def test_what_is_described_beside_the_event_is_found() -> None:
    thin = event(actor=person()["id"], object=item()["id"], generated=response(score=score(1)))
    assert observed(thin).skills == ()
    assert observed(thin, item(), person()).skills == (SKILL,)


@pytest.mark.parametrize(
    ("type_", "action", "kind"),
    [
        ("AssessmentItemEvent", "Started", Kind.SESSION),
        ("AssessmentItemEvent", "Skipped", Kind.CHOICE),
        ("AssessmentEvent", "Submitted", Kind.COMPLETION),
        ("NavigationEvent", "NavigatedTo", Kind.EXPOSURE),
        ("ViewEvent", "Viewed", Kind.EXPOSURE),
        ("MediaEvent", "Paused", Kind.MEDIA),
        ("MediaEvent", "Ended", Kind.COMPLETION),
        ("SessionEvent", "LoggedIn", Kind.SESSION),
        ("SurveyEvent", "OptedIn", Kind.CHOICE),
        ("QuestionnaireEvent", "Submitted", Kind.COMPLETION),
        ("QuestionnaireItemEvent", "Completed", Kind.FEEDBACK),
        ("FeedbackEvent", "Commented", Kind.FEEDBACK),
        ("FeedbackEvent", "Ranked", Kind.FEEDBACK),
        ("AnnotationEvent", "Bookmarked", Kind.CHOICE),
        ("ForumEvent", "Subscribed", Kind.SOCIAL),
        ("Event", "Completed", Kind.COMPLETION),
    ],
)
def test_what_an_event_means(type_: str, action: str, kind: Kind) -> None:
    assert observed(event(type_, action)).kind == kind


def test_only_answers_are_attempts() -> None:
    made = {
        (type_, action)
        for type_, actions in VERBS.items()
        for action in actions
        if type_ != "GradeEvent"
        and any(o.kind == Kind.ATTEMPT for o in interpret(mapped(event(type_, action)), Catalog(), "t", 0, 0))
    }
    assert made == {("AssessmentItemEvent", "Completed")}


def test_a_rating_in_a_survey() -> None:
    rated = mapped(
        event(
            "QuestionnaireItemEvent",
            generated={"id": f"{HOME}/r", "type": "RatingScaleResponse", "selections": ["Satisfied"]},
        )
    )
    assert (rated["verb"]["id"], rated["result"]["response"]) == ("http://id.tincanapi.com/verb/rated", "Satisfied")


def test_a_session_that_timed_out_was_its_users() -> None:
    session = {"id": f"{HOME}/sessions/1", "type": "Session", "user": person("eve")}
    robot = {"id": HOME, "type": "SoftwareApplication"}
    found = observed(event("SessionEvent", "TimedOut", actor=robot, object=session))
    assert (found.learner, found.item) == (key("eve"), HOME)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"type": "DanceEvent"}, "DanceEvent"),
        ({"action": "Danced"}, "Danced"),
        ({"actor": {"id": HOME, "type": "SoftwareApplication"}}, "not a person"),
        ({"actor": "http://purl.imsglobal.org/caliper/Person"}, "anonymous"),
        ({"actor": "_:somebody"}, "anonymous"),
        ({"object": person("bob")}, "object"),
        ({"object": "_:something"}, "object"),
        ({"type": "GradeEvent", "action": "Graded"}, "assignee"),
        ({"type": "SessionEvent", "action": "TimedOut", "object": {"id": "urn:s:1", "type": "Session"}}, "nobody"),
    ],
)
def test_what_no_statement_says(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unmapped, match=reason):
        mapped(event(**{"type_": more.pop("type", "ViewEvent"), "action": "Viewed", **more}))


def test_a_grade_without_a_score_says_nothing() -> None:
    attempt = {"id": f"{HOME}/attempts/1", "type": "Attempt", "assignee": person(), "assignable": item()}
    with pytest.raises(Unmapped, match="scoreGiven"):
        mapped(event("GradeEvent", "Graded", object=attempt, generated=score(None)))


@pytest.mark.parametrize(
    ("id_", "agent"),
    [
        ("https://a.example/users/7", {"account": {"homePage": "https://a.example/users", "name": "7"}}),
        ("https://a.example", {"account": {"homePage": "https://a.example", "name": "https://a.example"}}),
        ("https://a.example/u/", {"account": {"homePage": "https://a.example/u/", "name": "https://a.example/u/"}}),
        ("urn:school:ada", {"account": {"homePage": "urn:school", "name": "ada"}}),
        ("tag:ada", {"account": {"homePage": "tag:ada", "name": "tag:ada"}}),
        ("mailto:ada@a.example", {"mbox": "mailto:ada@a.example"}),
    ],
)
def test_who_a_person_is(id_: str, agent: dict[str, Any]) -> None:
    assert mapped(event(actor=id_))["actor"] == {"objectType": "Agent", **agent}


def test_ids_are_the_events_or_decided_by_them() -> None:
    id_ = str(uuid.uuid4())
    assert statement_id(f"urn:uuid:{id_.upper()}") == id_
    assert statement_id("https://a.example/events/1") == statement_id("https://a.example/events/1")
    assert statement_id("urn:uuid:short") != statement_id("https://a.example/events/1")


iris = st.sampled_from(["https://a.example/x", "urn:a:b", "_:x", "a:b/", "mailto:@", "mailto:a@b", f"{HOME}?q=1#f"])
types = st.sampled_from(["", "Person", "Attempt", "Session", "Score", "AssessmentItem", "RatingScaleResponse"])
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.none()
fields: dict[str, st.SearchStrategy[Any]] = {
    "name": st.text(max_size=3),
    "values": st.lists(st.none() | st.text(max_size=3) | st.integers(), max_size=3),
    "scoreGiven": numbers,
    "maxScore": numbers,
    "startedAtTime": st.sampled_from(["2026-03-02T09:00:00.000Z", "2026-03-02T09:00:00"]),
    "endedAtTime": st.sampled_from(["2026-03-02T08:00:00.001Z", "2026-03-02T10:00:00.001+02:00"]),
}
things = st.recursive(
    st.fixed_dictionaries({"id": iris, "type": types}, optional=fields),
    lambda inner: st.fixed_dictionaries(
        {"id": iris, "type": types},
        optional={
            **fields,
            **dict.fromkeys(("isPartOf", "assignee", "assignable", "user", "attempt", "score"), inner),
            "learningObjectives": st.lists(inner, max_size=2),
        },
    ),
    max_leaves=4,
)
verbs = st.sampled_from([(type_, action) for type_, actions in VERBS.items() for action in actions])


@given(verbs, things, things, things)
def test_whatever_is_mapped_is_a_statement(
    verb: tuple[str, str], actor: dict[str, Any], object_: dict[str, Any], generated: dict[str, Any]
) -> None:
    sent = event(*verb, actor=actor, object=object_, generated=generated)
    try:
        made = statement(Event.model_validate(sent), {}, V1P2)
    except Unmapped:
        return
    check(orjson.dumps(made), "1.0.3")
    assert interpret(made, Catalog(), "t", 0, 0) or nothing(made)
