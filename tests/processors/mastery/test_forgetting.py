"""Forgetting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.mastery.forgetting import HALF_LIFE, forget

SHARES = st.floats(0, 1)
DAYS = st.floats(0, 5000)
PRACTISED = st.integers(1, 300)


@given(SHARES, DAYS, DAYS, PRACTISED, SHARES)
def test_longer_is_less(mastery: float, days: float, more: float, practised: int, floor: float) -> None:
    later = forget(mastery, days + more, practised, floor)
    assert later <= forget(mastery, days, practised, floor) <= mastery + 1e-12
    assert later >= mastery * floor - 1e-12


@given(SHARES, DAYS, PRACTISED, PRACTISED, SHARES)
def test_more_days_of_practice_hold_longer(
    mastery: float, days: float, practised: int, more: int, floor: float
) -> None:
    assert forget(mastery, days, practised + more, floor) >= forget(mastery, days, practised, floor)


@given(SHARES, SHARES, DAYS, PRACTISED)
def test_more_mastery_is_never_less_later(one: float, other: float, days: float, practised: int) -> None:
    low, high = sorted((one, other))
    assert forget(low, days, practised) <= forget(high, days, practised)


def test_half_of_what_can_be_lost_in_a_half_life() -> None:
    assert forget(0.8, HALF_LIFE, 1, floor=0.5) == pytest.approx(0.6)


def test_the_future_counts_as_now() -> None:
    assert forget(0.8, -3, 1) == 0.8


def test_no_day_of_practice_counts_as_one() -> None:
    assert forget(0.8, 5, 0) == forget(0.8, 5, 1) < forget(0.8, 5, 2)
