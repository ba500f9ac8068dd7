"""Completions, work handed in, and progress that says it is complete."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ADB, BRIGHTSPACE, DOD, FRENCH, TINCAN, TLA, iris, streams
from processors.meaning.vocabulary.row import ADAPT_PART, COMPLETED, MEDIA, SCORM_STATUS, SURVEY, WORK, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

_SUBMITS = (*streams("submit"), *iris(ADB, "submitted"), *iris(DOD, "submitted"), *iris(BRIGHTSPACE, "submitted"))
PROGRESS = (*iris(ADL, "progressed"), *iris(BRIGHTSPACE, "progressed"))
ROWS = (
    VerbRow(Kind.FEEDBACK, _SUBMITS, "Moodle logstore_xapi (feedback, survey, questionnaire)", SURVEY),
    VerbRow(Kind.ATTEMPT, _SUBMITS, "Moodle logstore_xapi (assign): work handed in, which a grade judges later", WORK),
    VerbRow(Kind.COMPLETION, _SUBMITS, "Activity Streams; Brightspace Data Streams"),
    VerbRow(
        Kind.MEDIA,
        iris(ADL, "completed"),
        "xAPI video profile; Open edX, whose duration there is the video's length",
        MEDIA,
    ),
    VerbRow(
        Kind.EXPOSURE,
        iris(ADL, "completed"),
        "Moodle logstore_xapi, which sends it for every SCORM status except passed and failed",
        SCORM_STATUS,
    ),
    VerbRow(
        Kind.EXPOSURE,
        iris(ADL, "completed"),
        "Adapt, which sends it for every component, block, article and page",
        ADAPT_PART,
    ),
    VerbRow(
        Kind.COMPLETION,
        (
            *iris(ADL, "completed"),
            *iris(TLA, "completed"),
            *streams("complete", "satisfy"),
            *iris(TINCAN, "completed"),
            *iris(FRENCH, "marked-completion"),
            *iris(DOD, "completed", "completed-assignment", "concluded"),
            *iris(BRIGHTSPACE, "completed"),
        ),
        "ADL vocabulary; cmi5; TLA; Activity Streams; DOD ISD; Brightspace Data Streams",
    ),
    VerbRow(
        Kind.COMPLETION,
        PROGRESS,
        "Open edX (block completion), Articulate Rise: complete only with result.completion",
        COMPLETED,
    ),
    VerbRow(Kind.EXPOSURE, PROGRESS, "ADL vocabulary; SCORM profile, whose scaled score there is progress"),
)
