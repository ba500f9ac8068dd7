"""How sentences are said in a language. Texts are asked for in English; English itself is here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Says(NamedTuple):
    """A language: its texts, those about a number of things, shares as percentages, and ages in days."""

    text: Callable[[str], str]
    plural: Callable[[str, str, float], str]
    percent: Callable[[float], str]
    ago: Callable[[float], str]


def percent(share: float) -> str:
    """Rounded down, so that what is short of a threshold does not read as if it reached it."""
    return f"{int(share * 100 + 1e-9)}%"


def _plural(singular: str, many: str, number: float) -> str:
    return singular if number == 1 else many


def _ago(days: float) -> str:
    whole = int(days)
    return "within a day" if whole == 0 else "1 day ago" if whole == 1 else f"{whole} days ago"


ENGLISH = Says(lambda text: text, _plural, percent, _ago)
