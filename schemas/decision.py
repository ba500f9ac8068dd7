"""Decisions of pacing: which there are."""

from __future__ import annotations

from enum import StrEnum


class Decision(StrEnum):
    """What pacing says of one learner and one skill, what is most urgent first."""

    HELP = "help"
    REVIEW = "review"
    PRACTISE = "practise"
    START = "start"  # never tried, and what comes before it is mastered
    ADVANCE = "advance"
    WAIT = "wait"  # never tried, and what comes before it is not mastered
    UNKNOWN = "unknown"


MASTERED = (Decision.ADVANCE, Decision.REVIEW)
