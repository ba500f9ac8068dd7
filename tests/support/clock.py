"""A clock that a test moves."""

from __future__ import annotations


class Clock:
    """Seconds that change only when the test moves them."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now
