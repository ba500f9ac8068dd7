"""Social: what learners say to each other, and meetings."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ACROSSX, ADL, EDX, TINCAN, iris, streams
from processors.meaning.vocabulary.row import COURSE, SAID, SOCIAL, Nothing, Row
from schemas.observation import Kind

_CHANGES = streams("create", "update", "invite")
ROWS = (
    Row(
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
    Row(Nothing.ADMINISTRATION, streams("join", "leave"), "Moodle logstore_xapi: an enrolment ends", COURSE),
    Row(Kind.SOCIAL, streams("join", "leave"), "Moodle logstore_xapi (groups, meetings); Activity Streams"),
    Row(Kind.SOCIAL, _CHANGES, "Activity Streams; Moodle logstore_xapi (forum)", SAID),
    Row(Nothing.ADMINISTRATION, _CHANGES, "Activity Streams; Moodle logstore_xapi: of content and accounts"),
    Row(Kind.SOCIAL, iris(ACROSSX, "edited"), "Open edX and Moodle forums", SOCIAL),
    Row(Nothing.ADMINISTRATION, iris(ACROSSX, "edited"), "acrossX; Moodle logstore_xapi: of content"),
)
