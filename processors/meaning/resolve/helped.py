"""Hints and shown solutions: what is answered after them, within 12 hours, is not the learner's alone."""

from __future__ import annotations

from processors.meaning.resolve.state import State, bound

LASTS = 12 * 3600 * 1_000_000
_KEPT = 32


def shown(state: State, item: int, time: int) -> None:
    """Help with an item was shown."""
    state.helped.pop(item, None)
    state.helped[item] = time
    bound(state.helped, _KEPT)


def was_helped(state: State, item: int, time: int) -> bool:
    """Whether an answer comes after help."""
    at = state.helped.get(item)
    return at is not None and time - at <= LASTS
