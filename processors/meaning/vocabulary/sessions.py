"""Sessions: starts and ends of working on something, and of being logged in."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import (
    ADB,
    BRIGHTSPACE,
    BRINDLEWAYE,
    DOD,
    EDLM,
    TLA,
    XADL,
    iris,
    streams,
)
from processors.meaning.vocabulary.row import COURSE, MEDIA, SURVEY, Nothing, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

_PAUSE_VERBS = (*iris(ADL, "suspended", "resumed"), *iris(TLA, "suspended", "resumed"))
ROWS = (
    VerbRow(Kind.MEDIA, iris(ADL, "initialized", "terminated"), "xAPI video profile; Open edX", MEDIA),
    VerbRow(
        Nothing.ADMINISTRATION,
        iris(TLA, "suspended", "resumed"),
        "Moodle logstore_xapi: an enrolment is suspended or resumed",
        COURSE,
    ),
    VerbRow(Kind.FEEDBACK, iris(TLA, "suspended", "resumed"), "Moodle logstore_xapi (questionnaire)", SURVEY),
    VerbRow(
        Kind.SESSION,
        (
            *iris(ADL, "initialized", "attempted", "launched", "terminated", "exited", "attended"),
            *_PAUSE_VERBS,
            *iris(XADL, "abandoned"),
            *iris(ADB, "initialized"),
            *streams("start", "open", "close", "terminate"),
            *iris(EDLM, "restarted"),
            *iris(DOD, "started", "launched", "opened", "initiated", "resumed", "stopped", "paused"),
            *iris(BRIGHTSPACE, "started", "launched"),
        ),
        "ADL vocabulary; cmi5; SCORM profile; TLA; serious games; Activity Streams; Moodle logstore_xapi; DOD ISD",
    ),
    VerbRow(
        Kind.SESSION,
        (
            *iris(XADL, "logged-in", "logged-out"),
            *iris(EDLM, "login", "logout"),
            *iris(BRINDLEWAYE, "loggedin", "loggedout"),
            *iris(BRIGHTSPACE, "logged_in", "logged_out", "timed_out"),
        ),
        "ADL; Moodle logstore_xapi, old and new; Brightspace Data Streams",
    ),
)
