"""Forgetting: what mastery can be expected to be after days without practice."""

from __future__ import annotations

from math import sqrt

HALF_LIFE = 28.0  # days, of a skill practised on one day only
SPACING = 0.5  # log2 of how much longer the half-life gets, by the root of further practised days
FLOOR = 0.4  # share of mastery that stays


def forget(mastery: float, days_since: float, practised_days: int, floor: float = FLOOR) -> float:
    """Expected mastery `days_since` days after the last practice, in [floor · mastery, mastery].

    What can be lost halves every half-life, and the half-life doubles with spaced practice as in half-life regression
    (Settles & Meeder, 2016, "A trainable spaced repetition model for language learning": h = 2^(θ·x), x of root
    counts). The constants are defaults chosen to be plausible, not fitted to anyone's data: a skill of one day loses
    a tenth in about a week, one practised on five days in about two weeks.
    The share that is lost does not depend on mastery, so more mastery never means a smaller estimate.

    Args:
        mastery: when last practised, in [0, 1].
        days_since: days since then; what lies in the future counts as now.
        practised_days: distinct days of practice.
        floor: share of mastery that is never lost, in [0, 1].
    """
    half_life = HALF_LIFE * 2.0 ** (SPACING * sqrt(max(practised_days, 1) - 1))
    return float(mastery * (floor + (1.0 - floor) * 2.0 ** (-max(days_since, 0.0) / half_life)))
