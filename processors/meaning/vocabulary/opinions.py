"""What a learner says of something, and what a learner chooses."""

from __future__ import annotations

from processors.meaning.vocabulary.iris import ACROSSX, ADB, EDX, TINCAN, iris, streams
from processors.meaning.vocabulary.row import SOCIAL, VerbRow
from schemas.observation import Kind
from schemas.xapi.verbs import ADL

ROWS = (
    VerbRow(Kind.SOCIAL, iris(ADL, "commented"), "Moodle logstore_xapi (glossary, wiki, forum)", SOCIAL),
    VerbRow(
        Kind.FEEDBACK,
        (
            *iris(ADL, "commented"),
            *streams("like", "dislike", "unlike", "agree", "disagree", "rate"),
            *iris(ACROSSX, "liked", "disliked", "commented", "rated"),
            *iris(TINCAN, "rated", "voted-up", "voted-down", "applauded", "laughed", "evaluated"),
            *iris(EDX, "voted"),
        ),
        "ADL and Tin Can vocabularies; acrossX; Activity Streams; Open edX",
    ),
    VerbRow(
        Kind.CHOICE,
        (
            *iris(ADL, "preferred"),
            *iris(TINCAN, "selected", "skipped", "bookmarked", "enrolled"),
            *iris(ADL, "skipped"),
            *iris(ADB, "selected", "bookmarked", "highlighted"),
            *iris(ACROSSX, "favorited"),
            *streams("favorite", "unfavorite", "accept", "reject", "save", "choose"),
        ),
        "ADL and Tin Can vocabularies; ADB; Activity Streams; serious games",
    ),
)
