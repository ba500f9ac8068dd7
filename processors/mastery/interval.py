"""Intervals of a mastery: quantiles of the Beta that predicts the learner's next five answers."""

from __future__ import annotations

from functools import lru_cache
from math import exp, lgamma, log, log1p

from processors.mastery.weights import Band

_TAIL = 0.05  # on either side of an interval
_SURE = 1e-10  # from here on no error of the distribution puts a number on the other side of the quantile
_STEPS = 20
_HALVED = 26  # bisections whose halves are known at once
_CELLS = 1 << _HALVED


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
    """By 40 bisections. Where the middle is far from what Halley's method finds, that says which half it is: so few
    middles need the distribution, and the result is the same to the last bit."""
    near = _beta_near(a, b, share)
    low, high, halved = 0.0, 1.0, 0
    if near is not None:
        cell = int(near * _CELLS)
        if near - cell / _CELLS > _SURE and (cell + 1) / _CELLS - near > _SURE:
            low, high, halved = cell / _CELLS, (cell + 1) / _CELLS, _HALVED
    for _ in range(halved, 40):
        middle = (low + high) / 2
        sure = near if near is not None and abs(middle - near) > _SURE else None
        if _beta_cdf(a, b, middle) < share if sure is None else middle < sure:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _beta_near(a: float, b: float, share: float) -> float | None:
    """The quantile by Halley's method, kept within a bracket; None where it does not settle."""
    whole = lgamma(a + b) - lgamma(a) - lgamma(b)
    low, high, x = 0.0, 1.0, a / (a + b)
    for _ in range(_STEPS):
        over = _beta_cdf(a, b, x) - share
        if over < 0.0:
            low = x
        else:
            high = x
        density = exp(whole + (a - 1.0) * log(x) + (b - 1.0) * log1p(-x))
        step = over / density if density > 0.0 else 1.0
        bend = 1.0 - step * ((a - 1.0) / x - (b - 1.0) / (1.0 - x)) / 2.0
        step = step / bend if bend > 0.2 else step
        if abs(step) < _SURE / 10:
            return x - step
        x = x - step if low < x - step < high else (low + high) / 2
        if not 0.0 < x < 1.0:
            return None
    return None


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
