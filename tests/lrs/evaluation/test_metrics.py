from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.evaluation.metrics import auc, brier, ece, log_loss, reliability, scores

judged = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)


@given(judged)
def test_auc_is_the_share_of_pairs_in_order(pairs: list[tuple[float, bool]]) -> None:
    p, right = np.array([q for q, _ in pairs]), np.array([r for _, r in pairs])
    wins, losses = p[right], p[~right]
    if not len(wins) or not len(losses):
        assert math.isnan(auc(p, right))
        return
    ordered = np.mean([(w > x) + 0.5 * (w == x) for w in wins for x in losses])
    assert auc(p, right) == pytest.approx(ordered)


def test_log_loss_and_brier_by_hand() -> None:
    p, right = np.array([0.8, 0.4]), np.array([True, False])
    assert log_loss(p, right) == pytest.approx(-(math.log(0.8) + math.log(0.6)) / 2)
    assert brier(p, right) == pytest.approx((0.04 + 0.16) / 2)


def test_ece_is_zero_where_the_promise_holds_and_its_size_where_not() -> None:
    right = np.array([True] * 7 + [False] * 3)
    assert ece(np.full(10, 0.7), right) == pytest.approx(0.0)
    assert ece(np.full(10, 0.9), right) == pytest.approx(0.2)


def test_opposite_errors_in_two_bins_do_not_cancel() -> None:
    p = np.array([0.1] * 10 + [0.9] * 10)
    right = np.array([True] * 3 + [False] * 7 + [True] * 7 + [False] * 3)
    assert ece(p, right) == pytest.approx(0.2)


@given(judged)
def test_reliability_counts_everything_once(pairs: list[tuple[float, bool]]) -> None:
    p, right = np.array([q for q, _ in pairs]), np.array([r for _, r in pairs])
    table = reliability(p, right)
    assert sum(row["n"] for row in table) == len(p)
    assert sum(row["n"] * row["right"] for row in table) == pytest.approx(right.sum())
    assert all(row["from"] - 1e-9 <= row["predicted"] <= row["to"] + 1e-9 for row in table)


def test_no_predictions_are_an_error() -> None:
    with pytest.raises(ValueError, match="no predictions"):
        scores(np.array([]), np.array([], bool))
