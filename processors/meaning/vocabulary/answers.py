"""Answers: attempts at an item."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ACROSSX, ADB, DOD, TINCAN, iris, streams
from processors.meaning.vocabulary.row import ITEM, JUDGED, SURVEY, Nothing, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

_ANSWER_VERBS = (
    *iris(ADL, "answered", "responded"),
    *streams("answer"),
    *iris(TINCAN, "answered"),
    *iris(DOD, "answered"),
)
ROWS = (
    VerbRow(
        Kind.FEEDBACK,
        _ANSWER_VERBS,
        "Moodle logstore_xapi (feedback, choice); Articulate's survey questions; SCORM profile (likert)",
        SURVEY,
    ),
    VerbRow(Kind.ATTEMPT, _ANSWER_VERBS, "ADL vocabulary; SCORM profile; H5P; Moodle, Adapt, Articulate; DOD ISD"),
    VerbRow(Kind.ATTEMPT, iris(TINCAN, "tested"), "tools in the field; by its word"),
    VerbRow(Kind.ATTEMPT, iris(ACROSSX, "evaluated"), "Open edX event-routing-backends (problem_check)", JUDGED),
    VerbRow(Nothing.ASSESSING, iris(ACROSSX, "evaluated"), "acrossX: prepared to assess another actor or object"),
    VerbRow(
        Kind.ATTEMPT, iris(ADL, "attempted"), "Open edX (edx.grades.problem.submitted); tools in the field", JUDGED
    ),
    VerbRow(Kind.ATTEMPT, iris(ADL, "attempted"), "Open edX (problem_check of the browser)", ITEM),
    VerbRow(Kind.ATTEMPT, iris(ADB, "selected"), "serious games: an alternative of a question", JUDGED),
    VerbRow(Kind.ATTEMPT, iris(DOD, "solved", "calculated", "identified"), "DOD ISD", JUDGED),
)
