"""Cases of our own: statements in the shapes that tools send, with what must come of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

ADL = "http://adlnet.gov/expapi/verbs/"
TYPES = "http://adlnet.gov/expapi/activities/"
MOODLE = "https://moodle.example"
INFO = {"http://lrs.learninglocker.net/define/extensions/info": {"event_name": "\\mod_quiz\\event\\attempt_submitted"}}
EDX = {"https://w3id.org/xapi/openedx/extension/transformer-version": "event-routing-backends@9"}
CMI5 = "https://w3id.org/xapi/cmi5/context/extensions/"
INTERACTION = {"type": TYPES + "cmi.interaction", "interactionType": "choice", "correctResponsesPattern": ["a"]}


class Case(NamedTuple):
    name: str
    sent: list[dict[str, Any]]
    must: dict[str, Any]
    catalog: Sequence[dict[str, Any]] = ()


def sent(
    verb: str,
    id_: str,
    at: str,
    definition: dict[str, Any] | None = None,
    result: dict[str, Any] | None = None,
    **context: Any,
) -> dict[str, Any]:
    """A statement of one learner, on 2 March 2026."""
    statement: dict[str, Any] = {
        "actor": {"account": {"homePage": "https://school.example", "name": "ada"}},
        "verb": {"id": verb if "://" in verb else ADL + verb},
        "object": {"id": id_, **({"definition": definition} if definition else {})},
        "timestamp": f"2026-03-02T{at}Z",
    }
    return statement | ({"result": result} if result else {}) | ({"context": context} if context else {})


def score(raw: float, most: float, scaled: float, **more: Any) -> dict[str, Any]:
    return {"score": {"raw": raw, "min": 0, "max": most, "scaled": scaled}, **more}


def within(*ids: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A context with parents of some types."""
    parents = [{"id": id_, "definition": {"type": type_}} for id_, type_ in ids]
    return {"contextActivities": {"parent": parents}, **more}


ATTEMPT = (f"{MOODLE}/mod/quiz/attempt.php?attempt=5&cmid=7", TYPES + "attempt")
QUIZ = (f"{MOODLE}/mod/quiz/view.php?id=7", TYPES + "assessment")
SUBMISSION = {"type": "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/submission"}
COURSE = (f"{MOODLE}/course/view.php?id=2", "https://w3id.org/xapi/cmi5/activitytype/course")


def _moodle_quiz(questions: int) -> list[dict[str, Any]]:
    of = within(QUIZ, COURSE, extensions=INFO)
    whole = sent("completed", ATTEMPT[0], "10:00:00", {"type": ATTEMPT[1]}, score(5, 10, 0, success=True), **of)
    return [whole] + [
        sent(
            "answered",
            f"{MOODLE}/question/question.php?cmid=7&id={n}",
            "10:00:00",
            INTERACTION,
            {"success": n % 2 == 0, "response": "a"},
            **within(ATTEMPT, QUIZ, COURSE, extensions=INFO),
        )
        for n in range(questions)
    ]


def _h5p(word: str, part: str, at: str, result: dict[str, Any], library: str = "") -> dict[str, Any]:
    activities: dict[str, Any] = {}
    if part:
        activities["parent"] = [{"id": "https://h5p.example/1", "definition": {"type": TYPES + "assessment"}}]
    if library:
        activities["category"] = [{"id": f"http://h5p.org/libraries/{library}-1.14"}]
    return sent(word, f"https://h5p.example/1{part}", at, None, result, contextActivities=activities)


CASES = [
    Case("Moodle: the quiz's score is no eleventh answer", _moodle_quiz(10), {"attempts": [1.0, 0.0] * 5}),
    Case("Moodle: a quiz whose questions send nothing", _moodle_quiz(0), {"attempts": [None], "shares": [0.5]}),
    Case("Moodle: unit of a question without a catalog", _moodle_quiz(1)[1:], {"skills": [QUIZ[0]]}),
    Case(
        "Moodle: success beside no marks is not believed",
        [sent("completed", QUIZ[0], "10:00:00", None, score(0, 10, -1, success=True), extensions=INFO)],
        {"attempts": [0.0]},
    ),
    Case(
        "Moodle: a choice is a survey",
        [
            sent(
                "answered",
                f"{MOODLE}/mod/choice/view.php?id=1",
                "10:00:00",
                {"type": TYPES + "cmi.interaction"},
                {"response": "a"},
            )
        ],
        {"attempts": [], "kinds": ["feedback"]},
    ),
    Case(
        "Moodle: work that is handed in is an attempt, which its grade judges",
        [
            sent(
                "http://activitystrea.ms/schema/1.0/submit",
                f"{MOODLE}/mod/assign/view.php?id=1#submission",
                "10:00:00",
                SUBMISSION,
                **within(COURSE, extensions=INFO),
            ),
            sent(
                "https://w3id.org/xapi/tla/verbs/scored",
                f"{MOODLE}/mod/assign/view.php?id=1#submission",
                "15:00:00",
                SUBMISSION,
                score(10, 10, 1, success=True),
                instructor={"account": {"homePage": MOODLE, "name": "teacher"}},
                **within(COURSE, extensions=INFO),
            ),
        ],
        {"attempts": [1.0], "items": [f"{MOODLE}/mod/assign/view.php?id=1"], "kinds": ["attempt", "attempt"]},
    ),
    Case(
        "Moodle: work that is handed in waits for its grade",
        [
            sent(
                "http://activitystrea.ms/schema/1.0/submit",
                f"{MOODLE}/mod/assign/view.php?id=1#submission",
                "10:00:00",
                SUBMISSION,
                extensions=INFO,
            )
        ],
        {"attempts": [None], "kinds": ["attempt"]},
    ),
    Case(
        "Open edX: the parent of several questions is not an attempt",
        [
            sent(
                "https://w3id.org/xapi/acrossx/verbs/evaluated",
                f"https://edx.example/xblock/p{n}",
                "10:00:01",
                {"type": TYPES + "cmi.interaction", "interactionType": "choice" if n else "other"},
                {"success": n == "_2_1", "response": "a"} if n else score(1, 2, 0.5, success=False),
                **within(
                    *([("https://edx.example/xblock/p", TYPES + "cmi.interaction")] if n else []),
                    COURSE,
                    extensions=EDX,
                ),
            )
            for n in ("", "_2_1", "_3_1")
        ],
        {"attempts": [1.0, 0.0]},
    ),
    Case(
        "Open edX: 0 of 0 says nothing",
        [
            sent(
                "http://id.tincanapi.com/verb/earned",
                "https://edx.example/s",
                "10:00:00",
                None,
                score(0, 0, 0, success=True),
                extensions=EDX,
            )
        ],
        {"attempts": []},
    ),
    Case(
        "Open edX: a grade that is calculated again is one attempt",
        [
            sent(
                "http://id.tincanapi.com/verb/earned",
                "https://edx.example/s",
                f"10:0{n}:00",
                None,
                score(n, 3, n / 3),
                extensions=EDX,
            )
            for n in (0, 1, 3)
        ],
        {"attempts": [1.0]},
    ),
    Case(
        "Open edX: an answer after the solution was shown",
        [
            sent(
                "asked",
                "https://edx.example/xblock/p/answer",
                "10:00:00",
                {"type": "http://id.tincanapi.com/activitytype/solution"},
            ),
            sent(
                "https://w3id.org/xapi/acrossx/verbs/evaluated",
                "https://edx.example/xblock/p",
                "10:01:00",
                INTERACTION,
                {"success": True},
            ),
        ],
        {"attempts": [1.0], "assistance": ["solution"]},
    ),
    Case(
        "H5P: a question set is no answer beside its questions, whichever came first",
        [
            _h5p("completed", "", "10:00:59", score(1, 2, 0.5, success=True)),
            _h5p("answered", "?subContentId=a", "10:01:00", score(1, 1, 1, success=True)),
            _h5p("answered", "?subContentId=b", "10:01:00", score(0, 1, 0, success=False)),
        ],
        {"attempts": [1.0, 0.0]},
    ),
    Case(
        "H5P: a part of the marks is no failure where only full marks succeed",
        [_h5p("answered", "", "10:00:00", score(2, 3, 0.6667, success=False), "H5P.DragQuestion")],
        {"attempts": [None]},
    ),
    Case(
        "H5P: elsewhere success is the pass mark's",
        [_h5p("answered", "", "10:00:00", score(2, 3, 0.6667, success=False), "H5P.MultiChoice")],
        {"attempts": [0.0]},
    ),
    Case(
        "cmi5: a session to review counts for nothing",
        [
            sent(
                "launched",
                "https://a.example/au",
                "10:00:00",
                extensions={CMI5 + "sessionid": "s", CMI5 + "launchmode": "Review"},
            ),
            sent(
                "passed",
                "https://a.example/au",
                "10:05:00",
                None,
                {"success": True},
                extensions={CMI5 + "sessionid": "s"},
            ),
        ],
        {"attempts": [], "minutes": 5, "sessions": 1},
    ),
    Case(
        "cmi5: a session of 75 minutes, by its id",
        [
            sent("initialized", "https://a.example/au", "10:00:00", extensions={CMI5 + "sessionid": "s"}),
            sent(
                "terminated",
                "https://a.example/au",
                "11:15:00",
                None,
                {"duration": "PT75M"},
                extensions={CMI5 + "sessionid": "s"},
            ),
        ],
        {"attempts": [], "minutes": 75, "sessions": 1},
    ),
    Case(
        "SCORM profile: progress is no score, an objective is a skill",
        [
            sent("progressed", "https://l.example/sco", "10:00:00", None, {"score": {"scaled": 1.0}}),
            sent("passed", "https://l.example/o", "10:01:00", {"type": TYPES + "objective"}, {"success": True}),
        ],
        {"attempts": [1.0], "skills": ["https://l.example/o"]},
    ),
    Case(
        "Articulate: an objective is a results slide",
        [
            sent(
                "answered",
                "urn:articulate:storyline:x/1/q",
                "10:00:00",
                INTERACTION,
                {"success": True},
                **within(("urn:articulate:storyline:x/results", TYPES + "objective")),
            ),
            sent(
                "passed",
                "urn:articulate:storyline:x/results",
                "10:00:30",
                {"type": TYPES + "objective"},
                score(100, 100, 1, success=True),
            ),
        ],
        {"attempts": [1.0], "skills": ["urn:articulate:storyline:x/results"]},
    ),
    Case(
        "a pattern of the catalog names the skill by a part of the id",
        [sent("answered", "https://c.example/algebra/q7", "10:00:00", None, {"success": True})],
        {"attempts": [1.0], "skills": ["https://s.example/algebra"]},
        [{"kind": "pattern", "id": "https://c.example/{topic}/*", "skills": ["https://s.example/{topic}"]}],
    ),
    Case(
        "a pattern may start anywhere in an id, and judge",
        [sent("answered", f"{MOODLE}/question.php?id=3", "10:00:00", None, score(7, 10, 0.7))],
        {"attempts": [0.0], "skills": ["s"]},
        [{"kind": "pattern", "id": "question.php?*", "skills": ["s"], "mastery_score": 0.8}],
    ),
]
