"""Caliper events as statements, and what the processors make of them."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.meaning.caliper import UnmappedEvent, statement, statement_id
from processors.meaning.caliper_verbs import VERBS
from processors.meaning.interpret import interpret, why_nothing
from processors.meaning.resolve import resolve
from schemas.caliper import CaliperEntity, CaliperEvent
from schemas.catalog import Catalog
from schemas.observation import Kind, Observation
from schemas.xapi import check
from tests.support.caliper import HOME, V1P2, event, item, key, person, response, score

SKILL = f"{HOME}/skills/halves"


def mapped(sent: dict[str, Any], *entities: dict[str, Any]) -> dict[str, Any]:
    """The statement of an event; it has to pass the grammar."""
    entities_by_id = {e["id"]: CaliperEntity.model_validate(e) for e in entities}
    xapi_statement = statement(CaliperEvent.model_validate(sent), entities_by_id, V1P2)
    check(orjson.dumps(xapi_statement), "1.0.3")
    return xapi_statement


def observed(sent: dict[str, Any], *entities: dict[str, Any]) -> Observation:
    (observation,) = interpret(mapped(sent, *entities), Catalog(), "t", 0, 0)
    return observation


def test_an_answer_is_an_attempt_at_the_item_and_its_skills() -> None:
    sent = event(generated=response(score=score(1)), session={"id": f"{HOME}/sessions/9", "type": "Session"})
    answer = observed(sent)
    assert answer.kind == Kind.ATTEMPT
    assert (answer.learner, answer.item, answer.skills) == (key("ada"), f"{HOME}/items/i1", (SKILL,))
    assert (answer.outcome, answer.duration, answer.session) == (1.0, 12.5, f"{HOME}/sessions/9")
    assert answer.statement == sent["id"].removeprefix("urn:uuid:")
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
    grade = observed(graded)
    assert (grade.learner, grade.kind, grade.outcome, grade.skills) == (key("bob"), Kind.SCORE, 0.0, (SKILL,))
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
    attempts = {
        (type_, action)
        for type_, actions in VERBS.items()
        for action in actions
        if type_ not in ("GradeEvent", "ActivityEvent")
        and any(o.kind == Kind.ATTEMPT for o in interpret(mapped(event(type_, action)), Catalog(), "t", 0, 0))
    }
    assert attempts == {("AssessmentItemEvent", "Completed"), ("AssessmentItemEvent", "Submitted")}


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
    observation = observed(event("SessionEvent", "TimedOut", actor=robot, object=session))
    assert (observation.learner, observation.item) == (key("eve"), HOME)


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
    with pytest.raises(UnmappedEvent, match=reason):
        mapped(event(**{"type_": more.pop("type", "ViewEvent"), "action": "Viewed", **more}))


def test_a_grade_without_a_score_says_nothing() -> None:
    attempt = {"id": f"{HOME}/attempts/1", "type": "Attempt", "assignee": person(), "assignable": item()}
    with pytest.raises(UnmappedEvent, match="scoreGiven"):
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
        xapi_statement = statement(CaliperEvent.model_validate(sent), {}, V1P2)
    except UnmappedEvent:
        return
    check(orjson.dumps(xapi_statement), "1.0.3")
    assert interpret(xapi_statement, Catalog(), "t", 0, 0) or why_nothing(xapi_statement)


def submission(**more: Any) -> dict[str, Any]:
    """A Canvas attempt: the submission of an assignment."""
    assignment = {"id": "urn:instructure:canvas:assignment:7", "type": "AssignableDigitalResource"}
    return {"id": "urn:canvas:submission:9", "type": "Attempt", "assignee": person(), "assignable": assignment, **more}


def test_what_is_handed_in_is_the_assignment_not_the_submission() -> None:
    handed_in = observed(event("AssignableEvent", "Submitted", object=submission()))
    assert (handed_in.kind, handed_in.item) == (Kind.COMPLETION, "urn:instructure:canvas:assignment:7")
    assert handed_in.attempt == "urn:canvas:submission:9"


def test_who_graded_is_kept_and_the_attempt_named() -> None:
    graded = event("GradeEvent", "Graded", actor=person("teacher"), object=submission(), generated=score(1, 5))
    grade = observed(graded)
    assert (grade.learner, grade.by, grade.attempt) == (key("ada"), person("teacher")["id"], "urn:canvas:submission:9")
    assert (grade.outcome, grade.share) == (None, 0.2)


def outcomes(*events: dict[str, Any]) -> list[float | None]:
    """The outcomes of the attempts that events become, a minute apart."""
    observations = [
        msgspec.structs.replace(observed(event_sent), time=n * 60_000_000, statement=str(n))
        for n, event_sent in enumerate(events)
    ]
    tried = [evidence for evidence in resolve(observations)[0] if evidence.kind is Kind.ATTEMPT]
    judged = iter([evidence.outcome for evidence in tried if evidence.again])
    return [
        next(judged, None) if evidence.outcome is None else evidence.outcome for evidence in tried if not evidence.again
    ]


@pytest.mark.parametrize(
    ("happened", "come"),
    [
        ([1, "fails", "passes"], [1.0]),
        ([1, "fails", 2, "passes"], [0.0, 1.0]),
        ([1, "fails", 2, "fails", "passes"], [0.0, 1.0]),
        ([1, "fails", 2, 3, "passes"], [0.0, 1.0]),
    ],
)
def test_canvas_has_one_id_for_all_submissions_and_counts_them(happened: list[int | str], come: list[float]) -> None:
    def canvas(**more: Any) -> dict[str, Any]:
        return submission(id="urn:instructure:canvas:submission:9", **more)

    events = [
        event("AssignableEvent", "Submitted", object=canvas(count=outcome))
        if isinstance(outcome, int)
        else event(
            "GradeEvent",
            "Graded",
            actor=person("teacher"),
            object=canvas(),
            generated=score(5 * (outcome == "passes"), 5),
        )
        for outcome in happened
    ]
    assert outcomes(*events) == come


def test_an_answer_its_grade_and_the_grade_of_the_whole_are_one_attempt() -> None:
    quiz = {"id": f"{HOME}/quizzes/1", "type": "Assessment"}

    def try_(number: int) -> dict[str, Any]:
        whole = {"id": f"{HOME}/quizzes/1/attempts/1", "type": "Attempt", "assignee": person(), "assignable": quiz}
        return {
            "id": f"{HOME}/items/i1/attempts/{number}",
            "type": "Attempt",
            "isPartOf": whole,
            "assignee": person(),
            "assignable": item(),
        }

    robot = {"id": f"{HOME}/grader", "type": "SoftwareApplication"}
    answer, again = (event(generated=response(attempt=try_(number))) for number in (1, 2))
    graded, passed = (
        event("GradeEvent", "Graded", actor=robot, object=try_(number), generated=score(number - 1))
        for number in (1, 2)
    )
    whole = event("GradeEvent", "Graded", actor=robot, object=try_(1)["isPartOf"], generated=score(1))
    assert outcomes(answer, graded, whole) == [0.0]
    assert outcomes(whole, answer, graded) == [0.0]
    assert outcomes(answer, graded, again, passed, whole) == [0.0, 1.0]  # of one try at the whole


def test_a_grade_of_open_edx_has_no_id_and_says_success_as_text() -> None:
    block = {"id": f"{HOME}/xblock/p", "type": "Assessment"}
    extensions = {
        "assignee": person(),
        "assignable": block,
        "count": 2,
        "isPartOf": {"id": f"{HOME}/course", "type": "Course"},
    }
    generated = {
        "score": {"id": "_:score", "type": "Score", "scoreGiven": 0, "maxScore": 1, "extensions": {"success": "False"}}
    }
    attempt = {"id": f"{HOME}/xblock/p/user/1/attempt/2", "type": "Attempt", "extensions": extensions}
    grade = observed(event("GradeEvent", "Graded", object=attempt, generated=generated))
    assert (grade.learner, grade.item, grade.outcome, grade.by) == (key("ada"), f"{HOME}/xblock/p", 0.0, "")
    assert (grade.attempt, grade.parents) == (attempt["id"], (f"{HOME}/course",))


OPEN_EDX = {"transformerVersion": "event-routing-backends@1.1.1"}


def test_a_problem_of_open_edx_is_submitted_and_graded_once() -> None:
    """The browser's event says no attempt; the server's grade of it follows."""
    block = {"id": f"{HOME}/xblock/p", "type": "Assessment", "extensions": {"isPartOf": {"id": f"{HOME}/course"}}}
    checked = observed(event("AssessmentEvent", "Submitted", object=block, extensions=OPEN_EDX))
    assert (checked.kind, checked.item, checked.outcome) == (Kind.ATTEMPT, f"{HOME}/xblock/p", None)
    attempt = {
        "id": f"{HOME}/xblock/p/user/1/attempt/2",
        "type": "Attempt",
        "extensions": {"assignee": person(), "assignable": block},
    }
    score_made = {"score": {"id": "_:score", "type": "Score", "scoreGiven": 1, "maxScore": 1}}
    graded = observed(event("GradeEvent", "Graded", object=attempt, generated=score_made, extensions=OPEN_EDX))
    history = [msgspec.structs.replace(checked, statement="a"), msgspec.structs.replace(graded, statement="b")]
    tries = [(evidence.kind, evidence.again, evidence.outcome) for evidence in resolve(history)[0]]
    assert tries == [(Kind.ATTEMPT, False, None), (Kind.ATTEMPT, True, 1.0)]
    assert observed(event("AssessmentEvent", "Submitted", object=block)).kind is Kind.COMPLETION  # of another tool


def test_a_course_of_open_edx_is_passed() -> None:
    course = {"id": f"{HOME}/course/1", "type": "CourseOffering"}
    passed = observed(event("Event", "Completed", object=course, extensions=OPEN_EDX))
    assert (passed.kind, passed.outcome) == (Kind.SCORE, 1.0)
    assert observed(event("Event", "Completed", object=course)).kind is Kind.COMPLETION


def test_a_normal_score_of_blackboard_is_a_score() -> None:
    result = {"id": f"{HOME}/r", "type": "Result", "normalScore": 8}
    attempt = submission(
        assignable={"id": f"{HOME}/gradableItems/1", "type": "AssignableDigitalResource", "maxScore": 10}
    )
    grade = observed(event("GradeEvent", "Graded", object=attempt, generated=result))
    assert (grade.share, grade.outcome) == (0.8, None)


def test_so_many_right_of_so_many() -> None:
    counted = [{"type": "totalQuestions", "value": 4}, {"type": "correctQuestions", "value": 4}]
    scored = observed(event("ActivityEvent", generated={"items": counted}))
    assert (scored.kind, scored.share, scored.outcome) == (Kind.SCORE, 1.0, 1.0)


def test_a_teachers_doing_is_nobodys_learning() -> None:
    teacher = {"id": f"{HOME}/m", "type": "Membership", "roles": ["Instructor"]}
    assert interpret(mapped(event("NavigationEvent", "NavigatedTo", membership=teacher)), Catalog(), "t", 0, 0) == []
    student = {**teacher, "roles": ["Learner"]}
    assert interpret(mapped(event("NavigationEvent", "NavigatedTo", membership=student)), Catalog(), "t", 0, 0)


def test_a_shown_solution_helps_with_its_problem() -> None:
    solution = {"id": f"{HOME}/xblock/p/solution", "type": "Annotation"}
    help_event = observed(event("Event", "Viewed", object=solution))
    assert (help_event.kind, help_event.item, help_event.assistance) == (Kind.HELP, f"{HOME}/xblock/p", "solution")


def test_a_bare_uuid_is_the_statements_id() -> None:
    id_ = str(uuid.uuid4())
    assert statement_id(id_) == id_
