"""The quantile that is found in few steps is the one that plain bisection finds, to the last bit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.mastery import interval
from processors.mastery.weights import Band, default_weights


def bisected(a: float, b: float, share: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if interval._beta_cdf(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


@given(st.floats(0.002, 40), st.floats(0.002, 40), st.sampled_from([0.05, 0.95]))
def test_of_any_beta(a: float, b: float, share: float) -> None:
    assert interval._beta_quantile(a, b, share) == bisected(a, b, share)


@given(st.integers(0, 1000), st.sampled_from(default_weights().bands))
def test_of_the_shipped_bands(thousandths: int, band: Band) -> None:
    a, b = interval.beta(thousandths / 1000, band)
    assert [interval._beta_quantile(a, b, share) for share in (0.05, 0.95)] == [
        bisected(a, b, share) for share in (0.05, 0.95)
    ]


def test_few_steps_need_the_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    distribution = interval._beta_cdf

    def counted(a: float, b: float, x: float) -> float:
        asked.append(x)
        return distribution(a, b, x)

    monkeypatch.setattr(interval, "_beta_cdf", counted)
    interval._beta_quantile(4.0, 2.0, 0.05)
    assert len(asked) < 25
