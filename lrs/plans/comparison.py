"""What a comparison of learners says: a difference with its interval, or why none can be stated.

The rules are those of the What Works Clearinghouse (Procedures and Standards Handbook 5.0, 2022): groups that differed
by more than a quarter of a standard deviation before are not compared; by more than .05, only adjusted for it. The
percentile gain is where an average learner of the others would be among them: 100 (Φ(g) - ½), g being Hedges' effect
size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import erf, inf, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.wording import worded, wording

FEWEST = 10  # learners of a group: of fewer, one child's week decides
EQUAL, ADJUSTABLE = 0.05, 0.25  # standard deviations that groups may differ by before
_DRAWN = 2000  # resamples of learners

_Floats = NDArray[np.float64]


class CountChange(NamedTuple):
    """One learner's count, in the time before and in the time itself, which is as long."""

    before: float
    during: float


class Difference(NamedTuple):
    """How many more a learner, with the 95 % interval over learners; effect: in standard deviations, and percentile:
    the gain of an average learner, None where all were alike; adjusted: for how the groups differed before."""

    more: float
    low: float
    high: float
    effect: float | None
    percentile: float | None
    adjusted: bool


class NotComparable(Exception):
    """The comparison says nothing; the message says why."""


def against_before(tried: Sequence[CountChange]) -> Difference:
    """During against before, of the same learners. Raises NotComparable."""
    _enough(len(tried), _TOO_FEW_TRIED)
    values = _array(tried)
    changes = values[:, 1] - values[:, 0]
    low, high = _interval(lambda rng: float(_resampled(changes, rng).mean()))
    return _difference(float(changes.mean()), low, high, values, len(values) - 1, False)


def against_others(tried: Sequence[CountChange], others: Sequence[CountChange]) -> Difference:
    """During, against learners it was not tried with. Raises NotComparable."""
    _enough(len(tried), _TOO_FEW_TRIED)
    _enough(len(others), _TOO_FEW_OTHERS)
    ours, theirs = _array(tried), _array(others)
    imbalance = _imbalance(ours[:, 0], theirs[:, 0])
    if imbalance > ADJUSTABLE:
        if imbalance == inf:
            raise NotComparable(worded("the groups differed by far before it began: that cannot be adjusted for"))
        raise NotComparable(
            worded(
                "the groups differed by %(apart)s standard deviations before it began; more than %(most)s cannot be "
                "adjusted for",
                apart=round(imbalance, 2),
                most=ADJUSTABLE,
            )
        )
    adjusted = imbalance > EQUAL

    def more(a: _Floats, b: _Floats) -> float:
        mean_difference = a[:, 1].mean() - b[:, 1].mean()
        return float(
            mean_difference - _slope(a, b) * (a[:, 0].mean() - b[:, 0].mean()) if adjusted else mean_difference
        )

    low, high = _interval(lambda rng: more(_resampled(ours, rng), _resampled(theirs, rng)))
    within = np.concatenate([group_counts - group_counts.mean(axis=0) for group_counts in (ours, theirs)])
    return _difference(more(ours, theirs), low, high, within[:, ::-1], len(within) - 2, adjusted)


_TOO_FEW_TRIED = wording("learners of those it was tried with: %(learners)s; at least %(fewest)s are needed")
_TOO_FEW_OTHERS = wording("learners to compare with: %(learners)s; at least %(fewest)s are needed")


def _enough(learners: int, sentence: str) -> None:
    if learners < FEWEST:
        raise NotComparable(worded(sentence, learners=learners, fewest=FEWEST))


def _array(changes: Sequence[CountChange]) -> _Floats:
    return np.array(changes, np.float64)


def _resampled(values: _Floats, rng: np.random.Generator) -> _Floats:
    drawn: _Floats = values[rng.integers(len(values), size=len(values))]
    return drawn


def _interval(draw: Callable[[np.random.Generator], float]) -> tuple[float, float]:
    rng = np.random.default_rng(0)  # the same answer each time it is asked for
    low, high = np.quantile([draw(rng) for _ in range(_DRAWN)], (0.025, 0.975))
    return float(low), float(high)


def _imbalance(ours: _Floats, theirs: _Floats) -> float:
    """Pooled standard deviations between two means."""
    off = abs(float(ours.mean() - theirs.mean()))
    freedom = len(ours) + len(theirs) - 2
    spread = sqrt((float(ours.var()) * len(ours) + float(theirs.var()) * len(theirs)) / freedom)
    return 0.0 if off == 0.0 else off / spread if spread else inf


def _slope(ours: _Floats, theirs: _Floats) -> float:
    """How much of a count carries over from before, within the groups."""
    within = np.concatenate([group_counts - group_counts.mean(axis=0) for group_counts in (ours, theirs)])
    square = float((within[:, 0] ** 2).sum())
    return float((within[:, 0] * within[:, 1]).sum()) / square if square else 0.0


def _difference(more: float, low: float, high: float, values: _Floats, freedom: int, adjusted: bool) -> Difference:
    """values: what the spread is of comes first in each row."""
    spread = float(np.sqrt(((values[:, 0] - values[:, 0].mean()) ** 2).sum() / freedom))
    if not spread:
        return Difference(more, low, high, None, None, adjusted)
    effect = more / spread * (1.0 - 3.0 / (4.0 * freedom - 1.0))
    return Difference(more, low, high, effect, 50.0 * erf(effect / sqrt(2.0)), adjusted)
