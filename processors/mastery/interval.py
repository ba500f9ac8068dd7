"""Intervals of a mastery: quantiles of the Beta that predicts the learner's next five answers."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, log1p

from processors.mastery.weights import Band

_TAIL = 0.05  # on either side of an interval


def interval(mastery: float, band: Band) -> tuple[float, float]:
    """The 90 % interval of the band's Beta, to three decimals of mastery, and around it."""
    low, high = _interval(round(mastery, 3), band)
    return min(low, mastery), max(high, mastery)


def beta(mastery: float, band: Band) -> tuple[float, float]:
    """(a, b) of the Beta that a band makes of a mastery."""
    mastery = min(max(mastery, 0.0005), 0.9995)
    mean = 1.0 / (1.0 + exp(-band.shift - band.scale * log(mastery / (1.0 - mastery))))
    return mean * band.kappa, (1.0 - mean) * band.kappa


@lru_cache(maxsize=8192)
def _interval(mastery: float, band: Band) -> tuple[float, float]:
    a, b = beta(mastery, band)
    return _beta_quantile(a, b, _TAIL), _beta_quantile(a, b, 1.0 - _TAIL)


def _beta_quantile(a: float, b: float, share: float) -> float:
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if _beta_cdf(a, b, middle) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_cdf(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function, by Lentz's continued fraction (DLMF 8.17.22)."""
    if x > (a + 1.0) / (a + b + 2.0):
        return 1.0 - _beta_cdf(b, a, 1.0 - x)
    if x <= 0.0:
        return 0.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    fraction = d
    for m in range(1, 200):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            c, d = 1.0 + term / c, 1.0 / (1.0 + term * d)
            fraction *= c * d
        if abs(c * d - 1.0) < 1e-12:
            break
    return front * fraction
