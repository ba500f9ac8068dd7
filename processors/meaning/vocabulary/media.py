"""Video and audio: verbs that say what was played, paused and passed over."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ACROSSX, ADB, TINCAN, VIDEO, iris, streams
from processors.meaning.vocabulary.row import MEDIA, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

PAUSES = (*iris(VIDEO, "paused", "seeked"), *iris(TINCAN, "paused"))  # verbs at the end of what was played

ROWS = (
    VerbRow(
        Kind.MEDIA,
        (
            *iris(VIDEO, "played"),
            *PAUSES,
            *iris(ACROSSX, "watched"),
            *iris(ADB, "watched"),
            *streams("play", "watch", "listen"),
        ),
        "xAPI video profile; acrossX; ADB; Activity Streams",
    ),
    VerbRow(Kind.MEDIA, iris(ADL, "interacted"), "xAPI video profile; Open edX (captions, speed)", MEDIA),
)
