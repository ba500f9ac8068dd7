"""More cases of our own: scores, regrades, wholes, help and clocks as tools of the field send them."""

from __future__ import annotations

import hashlib
from typing import Any

from tests.processors.meaning.cases import (
    ADL,
    ATTEMPT,
    CMI5,
    COURSE,
    EDX,
    INFO,
    INTERACTION,
    MOODLE,
    QUIZ,
    SUBMISSION,
    TYPES,
    Case,
    score,
    sent,
    within,
)

TLA = "https://w3id.org/xapi/tla/verbs/"
SUBMIT = "http://activitystrea.ms/schema/1.0/submit"
EVALUATED = "https://w3id.org/xapi/acrossx/verbs/evaluated"
ASSIGNMENT = f"{MOODLE}/mod/assign/view.php?id=1"
TEACHER = {"account": {"homePage": MOODLE, "name": "teacher"}}
SCO = {"type": "https://xapi.edlm/profiles/edlm-lms/concepts/activity-types/scorm-content-object"}
PROBLEM = "https://edx.example/xblock/p"
STORYLINE = "urn:articulate:storyline:x"
AU = "https://a.example/au"
SESSION = {CMI5 + "sessionid": "s"}


def on(date: str, statement: dict[str, Any]) -> dict[str, Any]:
    return {**statement, "timestamp": statement["timestamp"].replace("2026-03-02", date)}


def submitted(at: str) -> dict[str, Any]:
    return sent(SUBMIT, f"{ASSIGNMENT}#submission", at, SUBMISSION, **within(COURSE, extensions=INFO))


def graded(at: str, result: dict[str, Any]) -> dict[str, Any]:
    of = within(COURSE, extensions=INFO, instructor=TEACHER)
    return sent(TLA + "scored", f"{ASSIGNMENT}#submission", at, SUBMISSION, result, **of)


def whole(id_: str, at: str, result: dict[str, Any], *parents: tuple[str, str], **context: Any) -> dict[str, Any]:
    return sent("passed", id_, at, {"type": TYPES + "course"}, result, **within(*parents, **context))


def checked(number: int, at: str, right: bool) -> dict[str, Any]:
    numbered = INTERACTION | {"extensions": {"http://id.tincanapi.com/extension/attempt-id": number}}
    return sent(EVALUATED, PROBLEM, at, numbered, {"success": right, "response": "a"}, extensions=EDX)


def shown(id_: str, at: str) -> dict[str, Any]:
    kind = "http://id.tincanapi.com/activitytype/solution" if id_.endswith("answer") else _HINT
    return sent("asked", id_, at, {"type": kind}, extensions=EDX)


def set_of(at: str, part: str, **result: Any) -> dict[str, Any]:
    """A part of a question set of H5P, or the set itself ("")."""
    of = within(("https://h5p.example/1", TYPES + "assessment")) if part else {}
    word = "answered" if part else "completed"
    return sent(word, f"https://h5p.example/1{part and f'?subContentId={part}'}", at, None, result, **of)


_HINT = "https://w3id.org/xapi/acrossx/extensions/supplemental-info"
_MARKS = {"score": {"raw": 2, "min": 0, "max": 3, "scaled": 0.6667}}
_RIGHT = {"success": True}
_STORED = {"stored": "2026-03-02T10:00:00Z"}
_FULL = score(9, 10, 0.9, success=True)

CASES = [
    Case(
        "Moodle up to 4.7: a grade without a maximum is no share, and its success means nothing",
        [submitted("10:00:00"), graded("12:00:00", {"score": {"raw": 50}, "success": True})],
        {"attempts": [None], "shares": [None]},
    ),
    Case(
        "Moodle: a grade of -1, which is sent as none, judges nothing",
        [submitted("10:00:00"), graded("12:00:00", {"success": False})],
        {"attempts": [None]},
    ),
    Case(
        "Moodle up to 4.7: work that is handed in is an attempt there, too",
        [sent(SUBMIT, ASSIGNMENT, "10:00:00", {"type": TYPES + "assessment"}, extensions=INFO)],
        {"attempts": [None], "kinds": ["attempt"]},
    ),
    Case(
        "Moodle: a better grade after three weeks replaces the first",
        [
            submitted("10:00:00"),
            graded("12:00:00", score(0, 10, -1, success=True)),
            on("2026-03-23", graded("12:00:00", score(10, 10, 1, success=True))),
        ],
        {"attempts": [1.0]},
    ),
    Case(
        "Moodle: work handed in again after its grade is another attempt",
        [
            submitted("10:00:00"),
            graded("12:00:00", score(0, 10, -1, success=True)),
            on("2026-03-09", submitted("10:00:00")),
            on("2026-03-10", graded("12:00:00", score(10, 10, 1, success=True))),
        ],
        {"attempts": [0.0, 1.0]},
    ),
    Case(
        "Moodle: SCORM's score and status are two reports of one result",
        [
            sent("passed", f"{MOODLE}/mod/scorm/view.php?id=1#sco", "10:00:00", SCO, {"score": {"raw": 90}}),
            sent("passed", f"{MOODLE}/mod/scorm/view.php?id=1#sco", "10:00:01", SCO),
        ],
        {"attempts": [1.0], "shares": [0.9]},
    ),
    Case(
        "Moodle: an essay alone leaves the quiz's result to count",
        [
            sent(
                "answered",
                f"{MOODLE}/question/question.php?cmid=7&id=1",
                "10:00:00",
                {"type": TYPES + "cmi.interaction", "interactionType": "long-fill-in"},
                {"response": "text"},
                **within(ATTEMPT, QUIZ, extensions=INFO),
            ),
            sent(
                "completed",
                ATTEMPT[0],
                "10:00:00",
                {"type": ATTEMPT[1]},
                score(10, 10, 1, success=True),
                **within(QUIZ, extensions=INFO),
            ),
        ],
        {"attempts": [None, 1.0]},
    ),
    Case(
        "H5P: a set of which only parts have marks is no answer beside them",
        [set_of("10:00:00", "a", **_MARKS), set_of("10:00:05", "", **_MARKS, success=True)],
        {"attempts": [None], "shares": [2 / 3]},
    ),
    Case(
        "H5P: parts that follow a set by six minutes are another attempt's",
        [set_of("10:00:00", "", success=True), set_of("10:06:00", "a", success=True)],
        {"attempts": [1.0, 1.0]},
    ),
    Case(
        "SCORM: the least is not always 0",
        [sent("scored", "https://l.example/sco", "10:00:00", None, {"score": {"raw": 60, "min": 50, "max": 70}})],
        {"attempts": [None], "shares": [0.5]},
    ),
    Case(
        "SCORM 2004: passed counts, whatever success and a negative scaled score say",
        [sent("passed", "https://l.example/sco", "10:00:00", None, {"score": {"scaled": -0.5}, "success": False})],
        {"attempts": [1.0], "shares": [0.0]},
    ),
    Case(
        "Adapt: the course repeats the result of its assessment",
        [
            whole(
                "https://c.example#/assessment/a",
                "10:00:00",
                _FULL,
                contextActivities={"grouping": [{"id": "https://c.example"}]},
            ),
            whole("https://c.example", "10:00:00.1", _FULL),
        ],
        {"attempts": [1.0], "items": ["https://c.example", "https://c.example#/assessment/a"]},
    ),
    Case(
        "Storyline: question, results slide and course are one answer",
        [
            sent(
                "answered",
                f"{STORYLINE}/1/q",
                "10:00:00",
                INTERACTION,
                _RIGHT,
                **within((f"{STORYLINE}/results", TYPES + "objective")),
            ),
            whole(f"{STORYLINE}/results", "10:00:10", _FULL, (STORYLINE, TYPES + "course")),
            whole(STORYLINE, "10:00:10", _FULL),
        ],
        {"attempts": [1.0]},
    ),
    Case(
        "Storyline: a question without a verdict is a survey's, whatever its form",
        [sent("answered", f"{STORYLINE}/1/q", "10:00:00", {"type": TYPES + "cmi.interaction"}, {"response": "nice"})],
        {"attempts": [], "kinds": ["feedback"]},
    ),
    Case(
        "Rise: a question's id ends with the moment",
        [
            sent("answered", f"http://x_rise/l/b_17724456{n}000", f"10:00:{n}", INTERACTION, {"success": False})
            for n in (10, 20)
        ],
        {"attempts": [0.0, 0.0], "items": ["http://x_rise/l/b"]},
    ),
    Case(
        "Open edX: two tries of one second are two by their numbers",
        [checked(1, "10:00:00", False), checked(2, "10:00:00", False)],
        {"attempts": [0.0, 0.0]},
    ),
    Case(
        "Open edX: a try that is scored again is one",
        [checked(1, "10:00:00", False), checked(1, "18:00:00", True)],
        {"attempts": [1.0]},
    ),
    Case(
        "Open edX: a question of a problem whose solution was shown",
        [
            shown(f"{PROBLEM}/answer", "10:00:00"),
            sent(
                EVALUATED,
                f"{PROBLEM}_2_1",
                "10:01:00",
                INTERACTION,
                _RIGHT,
                **within((PROBLEM, TYPES + "cmi.interaction"), extensions=EDX),
            ),
        ],
        {"attempts": [1.0], "assistance": ["solution"]},
    ),
    Case(
        "Open edX: a hint after the answer helped nobody",
        [checked(1, "09:00:00", True), shown(f"{PROBLEM}/hint/0", "10:00:00")],
        {"attempts": [1.0], "assistance": [""]},
    ),
    Case(
        "cmi5: answers are parts of the unit, whose end repeats its result",
        [
            sent("answered", f"{AU}/q", "10:01:00", INTERACTION, {"success": False}, **within((AU, TYPES + "lesson"))),
            sent("passed", AU, "10:05:00", None, _FULL, extensions=SESSION),
            sent("completed", AU, "10:05:00", None, {"completion": True}, extensions=SESSION),
            sent("terminated", AU, "11:05:00", None, {**_FULL, "duration": "PT5M"}, extensions=SESSION),
        ],
        {"attempts": [0.0]},
    ),
    Case(
        "answers of a wrong clock, all read as of when they were stored, are as far apart as it says",
        [
            {**sent("answered", "https://x.example/1", "10:00:00", None, _RIGHT), **_STORED, "timestamp": time}
            for time in ["2031-05-01T10:00:00Z", "2031-05-01T10:00:00.2Z", "2031-05-01T10:01:00Z"]
        ],
        {"attempts": [1.0, 1.0], "days": 1},
    ),
    Case(
        "years that no page can show",
        [
            {
                **sent("answered", f"https://x.example/{n}", "10:00:00", None, _RIGHT),
                "timestamp": time,
                "stored": stored,
            }
            for stored in ["2026-03-02T10:00:00Z"]
            for n, time in enumerate(["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
        ],
        {"attempts": [1.0, 1.0], "days": 1},
    ),
    Case(
        "a mailbox, its other spelling, and its hash",
        [
            {**sent("answered", f"https://x.example/{n}", "10:00:00", None, _RIGHT), "actor": actor}
            for n, actor in enumerate(
                [
                    {"mbox": "mailto:Ada@School.example"},
                    {"mbox": "mailto:ada@school.example"},
                    {"mbox_sha1sum": hashlib.sha1(b"mailto:ada@school.example").hexdigest()},
                ]
            )
        ],
        {"attempts": [1.0] * 3},
    ),
    Case(
        "a home page in three spellings",
        [
            {
                **sent("answered", f"https://x.example/{n}", "10:00:00", None, _RIGHT),
                "actor": {"account": {"homePage": page, "name": "ada"}},
            }
            for n, page in enumerate(["https://School.example/", "https://school.example", "HTTPS://school.example/"])
        ],
        {"attempts": [1.0] * 3},
    ),
    Case(
        "three pieces of video, with a pause that lasts longer than the idle limit",
        [
            sent(
                f"https://w3id.org/xapi/video/verbs/{word}",
                "https://v.example/1",
                at,
                {"type": "https://w3id.org/xapi/video/activity-type/video"},
                {"extensions": {"https://w3id.org/xapi/video/extensions/time": time}},
            )
            for word, at, time in [
                ("played", "10:00:00", 0.0),
                ("paused", "10:20:00", 1200.0),
                ("played", "10:55:00", 1200.0),
                ("paused", "11:20:00", 2700.0),
            ]
        ],
        {"minutes": 45, "sessions": 2},
    ),
    Case(
        "no event vouches for more than a working day",
        [sent("terminated", "https://x.example/1", "20:00:00", None, {"duration": "P1Y"})],
        {"minutes": 480},
    ),
    Case(
        "Moodle: the grade of a slot is always that of the quiz's first question",
        [
            sent(
                TLA + "scored",
                f"{MOODLE}/review.php?attempt=5&slot={slot}",
                f"10:0{slot}:00",
                {"type": "http://activitystrea.ms/schema/1.0/review#slot"},
                score(1, 1, 1),
                instructor=TEACHER,
                **within(ATTEMPT, QUIZ, extensions=INFO),
            )
            for slot in (1, 2)
        ],
        {"attempts": [1.0]},
    ),
    Case(
        "Moodle: an anonymous answer is nobody's",
        [
            sent("experienced", "https://x.example/1", "10:00:00"),
            {
                **sent("answered", f"{MOODLE}/mod/feedback/edit_item.php?id=1", "10:00:00", None, {"response": "a"}),
                "actor": {"account": {"homePage": MOODLE, "name": "anonymous"}},
            },
        ],
        {"kinds": ["exposure"]},
    ),
    Case(
        "Brightspace: what somebody else did under a learner's name",
        [
            sent(
                f"https://api.brightspace.com/xapi/verbs/{word}",
                "https://b.example/1",
                "10:00:00",
                extensions={
                    "https://api.brightspace.com/xapi/extension_keys/context/actor": {"impersonatingUserId": user}
                },
            )
            for word, user in (("viewed", None), ("read", 7))
        ],
        {"kinds": ["exposure"]},
    ),
    Case(
        "Adapt: parts of a page are seen, not completed; the course is",
        [
            sent("completed", "https://c.example#/id/c-05", "10:00:00", None, {"completion": True}),
            sent("completed", "https://c.example", "10:01:00", {"type": TYPES + "course"}, {"completion": True}),
        ],
        {"kinds": ["exposure", "completion"], "attempts": []},
    ),
    Case(
        "an unlisted vocabulary's verb means what the listed one with its last word means",
        [sent(ADL.replace("adlnet.gov", "own.example") + "failed", "https://x.example/1", "10:00:00")],
        {"attempts": [0.0]},
    ),
]
