"""Help: hints and solutions that were shown, and requests for help."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ACROSSX, ADB, DOD, TINCAN, iris, streams
from processors.meaning.vocabulary.row import HINT, SOLUTION, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

ROWS = (
    VerbRow(Kind.HELP, iris(ADL, "asked"), "Open edX event-routing-backends (showanswer)", SOLUTION),
    VerbRow(Kind.HELP, iris(ADL, "asked"), "Open edX event-routing-backends (demandhint_displayed)", HINT),
    VerbRow(Kind.SOCIAL, iris(ADL, "asked"), "ADL vocabulary: asks a question"),
    VerbRow(
        Kind.HELP,
        (
            *iris(ACROSSX, "revealed"),
            *iris(TINCAN, "requested-attention", "requested"),
            *iris(ADB, "requested"),
            *streams("request"),
            *iris(DOD, "requested"),
        ),
        "acrossX; Tin Can registry; ADB; Activity Streams; DOD ISD",
    ),
)
