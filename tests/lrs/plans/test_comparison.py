"""Differences between groups of learners, with their intervals, and when none is stated."""

from __future__ import annotations

from math import erf, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.plans.comparison import FEWEST, CountChange, NotComparable, against_before, against_others


def group(count: int, before: float, during: float, seed: int = 0, spread: float = 1.0) -> list[CountChange]:
    """Learners with exactly these means."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, spread, (count, 2))
    noise -= noise.mean(axis=0)
    return [CountChange(before + a, during + b) for a, b in noise.tolist()]


def test_a_change_is_that_of_the_same_learners() -> None:
    found = against_before(group(40, 3.0, 5.0))
    assert found.more == pytest.approx(2.0)
    assert 1.0 < found.low < 2.0 < found.high < 3.0
    assert not found.adjusted


def test_the_effect_is_in_standard_deviations_and_percentiles() -> None:
    changes = [CountChange(value, value + 1.0) for value in (0.0, 1.0, 2.0, 3.0, 4.0) * 4]
    found = against_before(changes)
    assert (found.more, found.low, found.high) == (1.0, 1.0, 1.0)
    g = 1.0 / np.std([one.before for one in changes], ddof=1) * (1 - 3 / (4 * 19 - 1))
    assert found.effect == pytest.approx(g)
    assert found.percentile == pytest.approx(100 * ((1 + erf(g / sqrt(2))) / 2 - 0.5))
    alike = against_before([CountChange(1.0, 2.0)] * FEWEST)
    assert (alike.more, alike.effect, alike.percentile) == (1.0, None, None)


def test_groups_that_were_alike_are_compared_as_they_are() -> None:
    found = against_others(group(60, 2.0, 4.0), group(50, 2.0, 3.0, 1))
    assert found.more == pytest.approx(1.0)
    assert 0.0 < found.low < 1.0 < found.high
    assert not found.adjusted


def test_groups_that_differed_a_little_are_adjusted() -> None:
    """Whatever is carried over whole from before does not count as a difference."""
    others = [CountChange(float(n), float(n) + 1.0) for n in range(20)]
    tried = [CountChange(one.before + 1.0, one.during + 1.0) for one in others]
    found = against_others(tried, others)
    assert found.adjusted
    assert found.more == pytest.approx(0.0)


def test_groups_that_differed_much_are_not_compared() -> None:
    with pytest.raises(NotComparable, match=r"differed by 0\.\d\d standard deviations"):
        against_others(group(30, 2.5, 4.0), group(30, 2.0, 3.0, 1))
    with pytest.raises(NotComparable, match="by far"):
        against_others([CountChange(1.0, 1.0)] * 20, [CountChange(2.0, 1.0)] * 20)


def test_few_learners_say_nothing() -> None:
    enough, few = group(FEWEST, 1.0, 2.0), group(FEWEST - 1, 1.0, 2.0)
    for tried, others in ((few, enough), (enough, few)):
        with pytest.raises(NotComparable, match=rf"\w: {FEWEST - 1}; at least"):
            against_others(tried, others)
    with pytest.raises(NotComparable, match="of those it was tried with"):
        against_before(few)


_counts = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=FEWEST, max_size=20)


@settings(max_examples=15)
@given(_counts, _counts)
def test_whom_it_is_called_after_does_not_matter(ours: list[tuple[int, int]], theirs: list[tuple[int, int]]) -> None:
    one, other = ([CountChange(*counts) for counts in group] for group in (ours, theirs))
    try:
        found = against_others(one, other)
    except NotComparable:
        with pytest.raises(NotComparable):
            against_others(other, one)
        return
    assert against_others(other, one).more == pytest.approx(-found.more)
    assert found.low <= found.high
