"""Awards: badges and certificates; the results that led to them come on their own."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import BRIGHTSPACE, TINCAN, TLA, iris
from processors.meaning.vocabulary.row import Nothing, VerbRow
from schemas.observation import Kind

ROWS = (
    VerbRow(
        Kind.AWARD,
        (
            *iris(TLA, "achieved", "certified", "conferred", "qualified"),
            *iris(TINCAN, "earned"),
            BRIGHTSPACE + "awarded",
        ),
        "TLA; Moodle logstore_xapi (badges, certificates); Open Badges; Brightspace Data Streams",
    ),
    VerbRow(
        Nothing.AWARD_REVOKED,
        (*iris(TLA, "forfeited", "revoked", "expired"), *iris(BRIGHTSPACE, "revoked")),
        "TLA; Moodle logstore_xapi; Brightspace Data Streams",
    ),
)
