"""How far the projections are behind the log."""

from __future__ import annotations

from typing import Any

from lrs.log import Log
from schemas.record import OBSERVATIONS, STATEMENTS

FOLDS = ("mastery", "engagement")


def freshness(log: Log, now: int) -> dict[str, Any]:
    """Positions, records that are behind, and the age in seconds of the oldest that is. `now` is in µs."""
    admitted, end = log.committed("admit", STATEMENTS), log.end(STATEMENTS)
    observed = log.end(OBSERVATIONS)
    projected = min(log.committed(fold, OBSERVATIONS) for fold in FOLDS)
    waiting = log.read(STATEMENTS, admitted, 1) or log.read(OBSERVATIONS, projected, 1)
    age = max(0.0, (now - waiting[0].time) / 1e6) if waiting else 0.0
    return {
        "position": admitted,
        "log_end": end,
        "projected": projected,
        "observations_end": observed,
        "behind": (end - admitted) + (observed - projected),
        "age_seconds": round(age, 3),
    }
