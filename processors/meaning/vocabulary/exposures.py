"""Exposure: seen, read, opened, searched for."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ACROSSX, BRIGHTSPACE, DOD, FRENCH, GAMES, TINCAN, iris, streams
from processors.meaning.vocabulary.row import HINT, SOLUTION, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

_VIEWS = (*iris(TINCAN, "viewed"), *iris(ADL, "experienced"))
ROWS = (
    VerbRow(Kind.HELP, _VIEWS, "Open edX through Caliper (a viewed hint)", HINT),
    VerbRow(Kind.HELP, _VIEWS, "Open edX through Caliper (a viewed solution)", SOLUTION),
    VerbRow(
        Kind.EXPOSURE,
        (
            *_VIEWS,
            *iris(ADL, "interacted"),
            *iris(TINCAN, "focused", "previewed", "downloaded"),
            *iris(FRENCH, "navigated-in"),
            *streams("access", "read", "consume", "experience", "find", "use", "search", "receive"),
            *iris(ACROSSX, "searched"),
            *iris(GAMES, "accessed", "used", "pressed", "released", "unlocked"),
            *iris(DOD, "read", "navigated", "accessed", "scanned"),
            *iris(BRIGHTSPACE, "viewed", "read", "accessed", "downloaded"),
            "http://id.tincanapi.com/verb/left",
        ),
        "ADL and Tin Can vocabularies; Activity Streams; H5P (each click); serious games; DOD ISD; Articulate",
    ),
)
