"""What an answer is worth as evidence of what a learner can do alone."""

from __future__ import annotations

from schemas.evidence import Evidence
from schemas.observation import HINT, SOLUTION


def worth(answer: Evidence) -> float | None:
    """The value in [0, 1] that counts, or None where a judged answer says nothing of the learner alone.

    | answer | counts as |
    |---|---|
    | without help | its part of the marks if known, else 1 right, 0 wrong |
    | after a hint, worth at least a half | nothing: no evidence of independence |
    | after a hint, worth less than a half | its value: even help was not enough |
    | after the solution was shown | nothing |
    """
    value = min(max((answer.outcome or 0.0) if answer.share is None else answer.share, 0.0), 1.0)
    if answer.assistance == SOLUTION or (answer.assistance == HINT and value >= 0.5):
        return None
    return value
