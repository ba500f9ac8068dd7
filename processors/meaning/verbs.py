"""What a verb says about learning: the synonyms that tools use, by vocabulary.

A verb that stands in no list is an exposure; judged on something that teaches skills, it is an attempt.
"""

from __future__ import annotations

from schemas.observation import Kind

ADL = "http://adlnet.gov/expapi/verbs/"
ACROSSX = "https://w3id.org/xapi/acrossx/verbs/"
STREAMS = "http://activitystrea.ms/schema/1.0/"
TINCAN = "http://id.tincanapi.com/verb/"
VIDEO = "https://w3id.org/xapi/video/verbs/"
CMI5 = "https://w3id.org/xapi/adl/verbs/"
ADB = "https://w3id.org/xapi/adb/verbs/"

VOIDED = ADL + "voided"


def _iris(vocabulary: str, *names: str) -> tuple[str, ...]:
    return tuple(vocabulary + name for name in names)


_ATTEMPTS = (
    *_iris(ADL, "answered", "responded"),
    *_iris(STREAMS, "answer", "submit"),
    *_iris(ACROSSX, "evaluated"),
    *_iris(TINCAN, "answered", "tested"),
    *_iris(ADB, "submitted"),
)
_SCORES = (*_iris(ADL, "passed", "failed", "scored", "mastered"), *_iris(STREAMS, "win", "lose"))
_COMPLETIONS = (*_iris(ADL, "completed"), *_iris(STREAMS, "complete"), *_iris(TINCAN, "completed"))
_FEEDBACK = (
    *_iris(ADL, "commented"),
    *_iris(STREAMS, "like", "dislike", "rate", "unlike"),
    *_iris(ACROSSX, "liked", "disliked", "commented", "rated"),
    *_iris(TINCAN, "rated", "reviewed", "voted-up", "voted-down", "evaluated"),
)
_CHOICES = (
    *_iris(ADL, "preferred"),
    *_iris(STREAMS, "favorite", "unfavorite", "choose", "reject", "accept"),
    *_iris(ACROSSX, "favorited"),
    *_iris(TINCAN, "selected", "skipped", "bookmarked", "requested", "enrolled"),
)
# What a system says about a learner: nothing the learner did.
_SILENT = (*_iris(ADL, "voided", "registered"), *_iris(CMI5, "satisfied", "waived", "abandoned"))

KINDS: dict[str, Kind] = (
    dict.fromkeys(_ATTEMPTS, Kind.ATTEMPT)
    | dict.fromkeys(_SCORES, Kind.SCORE)
    | dict.fromkeys(_COMPLETIONS, Kind.COMPLETION)
    | dict.fromkeys(_FEEDBACK, Kind.FEEDBACK)
    | dict.fromkeys(_CHOICES, Kind.CHOICE)
)
SILENT = frozenset(_SILENT)
# What these verbs say by themselves where the result does not say it.
OUTCOMES = dict.fromkeys((*_iris(ADL, "passed", "mastered"), *_iris(STREAMS, "win")), 1.0) | dict.fromkeys(
    (*_iris(ADL, "failed"), *_iris(STREAMS, "lose")), 0.0
)
