"""Forgetting: the law, and its size from own returns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.mastery.calibrate import fit_forgetting
from processors.mastery.forgetting import Forgetting, held
from processors.mastery.model import logit, sigmoid
from processors.mastery.weights import default_weights
from tests.processors.mastery.test_tabulate import tabulated

SHARES = st.floats(0, 1)
DAYS = st.floats(0, 5000)
PRACTISED = st.integers(1, 300)
HELD = st.floats(-5, 5)
LAWS = st.builds(Forgetting, st.floats(0, 3), st.floats(0.1, 30), st.floats(0, 1))


@given(LAWS, SHARES, DAYS, DAYS, PRACTISED, HELD)
def test_longer_is_less(law: Forgetting, mastery: float, days: float, more: float, practised: int, up: float) -> None:
    later = law.expected(mastery, days + more, practised, up)
    assert later <= law.expected(mastery, days, practised, up) + 1e-12
    assert 0.0 <= later <= mastery + 1e-12


@given(LAWS, SHARES, DAYS, PRACTISED, PRACTISED)
def test_more_days_of_practice_hold_no_worse(
    law: Forgetting, mastery: float, days: float, practised: int, more: int
) -> None:
    assert law.expected(mastery, days, practised + more) >= law.expected(mastery, days, practised) - 1e-12


@given(LAWS, SHARES, SHARES, DAYS, PRACTISED)
def test_more_mastery_is_never_less_later(
    law: Forgetting, one: float, other: float, days: float, practised: int
) -> None:
    low, high = sorted((one, other))
    assert law.expected(low, days, practised) <= law.expected(high, days, practised) + 1e-12


@given(LAWS, st.floats(0.01, 0.99), st.floats(0.01, 0.99), PRACTISED, HELD)
def test_days_until_is_where_the_curve_crosses(
    law: Forgetting, mastery: float, target: float, practised: int, up: float
) -> None:
    days = law.days_until(mastery, target, practised, up)
    if days is None:
        assert law.expected(mastery, 1e5, practised, up) > target - 1e-9
    elif target < mastery and days < 1e3 * law.half_life:
        assert law.expected(mastery, days, practised, up) == pytest.approx(target, abs=1e-6)
    elif target >= mastery:
        assert days == 0.0


def test_half_of_what_can_be_lost_in_a_half_life() -> None:
    law = Forgetting(0.6, 2.0)
    assert logit(0.8) - logit(law.expected(0.8, 2.0)) == pytest.approx(0.3)
    assert logit(0.8) - logit(law.expected(0.8, 500.0)) == pytest.approx(0.6)


def test_time_lets_go_of_what_the_model_did_not_say() -> None:
    law, days = Forgetting(0.6), 500.0
    assert law.expected(0.8, days, held=held(0.8, 0.7)) == pytest.approx(law.expected(0.7, days))
    assert law.expected(0.8, days, held=held(0.8, 0.85)) == pytest.approx(law.expected(0.85, days))
    assert law.expected(0.8, days, held=held(0.8, 0.99)) == 0.8  # time alone raises nothing
    assert Forgetting(drop=0.0).expected(0.8, days, held=held(0.8, 0.7)) == 0.8


def test_the_future_counts_as_now() -> None:
    assert Forgetting().expected(0.8, -3.0) == 0.8


@pytest.mark.parametrize(("truth", "returns", "within"), [(0.6, 20_000, 0.1), (0.1, 20_000, 0.1), (1.2, 1000, 0.3)])
def test_a_fit_finds_the_drop_of_own_returns(truth: float, returns: int, within: float) -> None:
    _, table = tabulated([[("i", ("a",), 1.0)] * returns], default_weights())
    rng = np.random.default_rng(1)
    logits = rng.normal(1.0, 1.0, returns)
    table.gaps[:] = np.where(rng.random(returns) < 0.5, 0.0, rng.exponential(5.0, returns))
    table.days[:] = 1
    lost = truth * (1.0 - 2.0 ** (-table.gaps / 0.7))
    right = (rng.random(returns) < [sigmoid(z) for z in logits - lost]).astype(float)
    up = np.zeros(returns)
    found = fit_forgetting(logits, up, right, table, Forgetting()).drop
    assert found == pytest.approx(truth, abs=within)
    # Were a part of these numbers only held up, that part would be lost anyway, and the drop is so much less.
    assert fit_forgetting(logits, up + 0.05, right, table, Forgetting()).drop == pytest.approx(found - 0.05, abs=0.02)


def test_few_returns_lean_on_what_other_tutors_lost() -> None:
    _, table = tabulated([[("i", ("a",), 1.0)] * 50], default_weights())
    table.gaps[:], table.days[:] = 10.0, 1
    found = fit_forgetting(np.zeros(50), np.zeros(50), np.zeros(50), table, Forgetting())
    assert 0.35 < found.drop < 1.5
    assert found.spacing == 0.0
