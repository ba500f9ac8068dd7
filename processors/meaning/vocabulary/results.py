"""Results: scores and verdicts on something that may be more than one item."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import DOD, FRENCH, TINCAN, TINCAN_UK, TLA, iris, streams
from processors.meaning.vocabulary.row import JUDGED, SCORED, Nothing, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

ROWS = (
    VerbRow(
        Kind.SCORE,
        (*iris(ADL, "passed", "mastered"), *iris(TLA, "passed", "mastered"), *streams("win"), *iris(DOD, "passed")),
        "ADL vocabulary; cmi5 9.3; TLA; Activity Streams",
        outcome=1.0,
    ),
    VerbRow(
        Kind.SCORE,
        (*iris(ADL, "failed"), *iris(TLA, "failed"), *streams("lose"), *iris(DOD, "failed")),
        "ADL vocabulary; cmi5 9.3; TLA; Activity Streams",
        outcome=0.0,
    ),
    VerbRow(
        Kind.SCORE,
        (*iris(ADL, "scored", "graded"), *iris(TLA, "scored"), *iris(FRENCH, "graded"), *streams("tie")),
        "ADL vocabulary; TLA; Moodle logstore_xapi; SCORM profile",
    ),
    VerbRow(Kind.SCORE, iris(TINCAN_UK, "evaluated"), "Moodle logstore_xapi 4.7 and before; Jisc"),
    VerbRow(Kind.SCORE, iris(TINCAN, "earned"), "Open edX event-routing-backends (grades)", SCORED),
    VerbRow(Kind.SCORE, iris(DOD, "tested", "achieved"), "DOD ISD", JUDGED),
    VerbRow(
        Kind.SCORE,
        iris(DOD, "assessed", "evaluated", "judged", "appraised"),
        "Moodle logstore_xapi (an essay of a lesson, graded by its actor for the learner of the context)",
        JUDGED,
    ),
    VerbRow(
        Nothing.ASSESSING,
        (
            *iris(DOD, "assessed", "evaluated", "judged", "appraised", "reviewed"),
            *iris(TINCAN, "reviewed", "mentored"),
            "https://w3id.org/xapi/adb/verbs/coached",
            "https://api.brightspace.com/xapi/verbs/evaluated",
            *streams("approve", "deny", "authorize"),
        ),
        "DOD ISD; Tin Can registry; ADB; Brightspace Data Streams; Activity Streams",
    ),
)
