"""Sums of fractions that are the same on every Python: from 3.12 on `sum` makes up for what rounding loses."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from operator import add


def add_up(numbers: Iterable[float]) -> float:
    """The sum, rounded after each number, from the first to the last: as ClickHouse adds, and Python did up to 3.11."""
    return reduce(add, numbers, 0.0)
