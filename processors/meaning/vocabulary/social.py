"""Social: what learners say to each other, and meetings."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ACROSSX, EDX, TINCAN, iris, streams
from processors.meaning.vocabulary.row import COURSE, SAID, SOCIAL, Nothing, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

_CHANGE_VERBS = streams("create", "update", "invite")
ROWS = (
    VerbRow(
        Kind.SOCIAL,
        (
            *iris(ACROSSX, "posted", "reported"),
            *iris(TINCAN, "replied", "tweeted", "retweeted", "mentioned", "talked-with", "called"),
            *iris(EDX, "unreported"),
            *iris(ADL, "shared"),
            *streams("share", "send", "follow", "stop-following", "tag"),
        ),
        "acrossX; Tin Can registry; Open edX and Moodle forums; Activity Streams",
    ),
    VerbRow(Nothing.ADMINISTRATION, streams("join", "leave"), "Moodle logstore_xapi: an enrolment ends", COURSE),
    VerbRow(Kind.SOCIAL, streams("join", "leave"), "Moodle logstore_xapi (groups, meetings); Activity Streams"),
    VerbRow(Kind.SOCIAL, _CHANGE_VERBS, "Activity Streams; Moodle logstore_xapi (forum)", SAID),
    VerbRow(Nothing.ADMINISTRATION, _CHANGE_VERBS, "Activity Streams; Moodle logstore_xapi: of content and accounts"),
    VerbRow(Kind.SOCIAL, iris(ACROSSX, "edited"), "Open edX and Moodle forums", SOCIAL),
    VerbRow(Nothing.ADMINISTRATION, iris(ACROSSX, "edited"), "acrossX; Moodle logstore_xapi: of content"),
)
