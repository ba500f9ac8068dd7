"""Answers: attempts at an item."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ACROSSX, ADB, ADL, DOD, TINCAN, iris, streams
from processors.meaning.vocabulary.row import ITEM, JUDGED, SURVEY, Nothing, Row
from schemas.observation import Kind

_ANSWERS = (
    *iris(ADL, "answered", "responded"),
    *streams("answer"),
    *iris(TINCAN, "answered"),
    *iris(DOD, "answered"),
)
ROWS = (
    Row(
        Kind.FEEDBACK,
        _ANSWERS,
        "Moodle logstore_xapi (feedback, choice); Articulate's survey questions; SCORM profile (likert)",
        SURVEY,
    ),
    Row(Kind.ATTEMPT, _ANSWERS, "ADL vocabulary; SCORM profile; H5P; Moodle, Adapt, Articulate; DOD ISD"),
    Row(Kind.ATTEMPT, iris(TINCAN, "tested"), "tools in the field; by its word"),
    Row(Kind.ATTEMPT, iris(ACROSSX, "evaluated"), "Open edX event-routing-backends (problem_check)", JUDGED),
    Row(Nothing.ASSESSING, iris(ACROSSX, "evaluated"), "acrossX: prepared to assess another actor or object"),
    Row(Kind.ATTEMPT, iris(ADL, "attempted"), "Open edX (edx.grades.problem.submitted); tools in the field", JUDGED),
    Row(Kind.ATTEMPT, iris(ADL, "attempted"), "Open edX (problem_check of the browser)", ITEM),
    Row(Kind.ATTEMPT, iris(ADB, "selected"), "serious games: an alternative of a question", JUDGED),
    Row(Kind.ATTEMPT, iris(DOD, "solved", "calculated", "identified"), "DOD ISD", JUDGED),
)
