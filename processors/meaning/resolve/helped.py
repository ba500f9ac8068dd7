"""Hints and shown solutions: what is answered after them, within 12 hours, is not the learner's alone."""

from __future__ import annotations

from processors.meaning.resolve.resolver_state import ResolverState, drop_oldest, id_hash
from schemas.observation import SOLUTION, Observation

LASTS = 12 * 3600 * 1_000_000  # µs
_KEPT_ITEMS = 32  # items that help was shown with last
_NO_HELP = (0, "")


def note_help(state: ResolverState, item: int, time: int, assistance: str) -> None:
    """Help with an item was shown; a solution outweighs hints, however many follow it."""
    if assistance != SOLUTION and _shown_before(state, item, time) == SOLUTION:
        return
    state.helped.pop(item, None)
    state.helped[item] = (time, assistance)
    drop_oldest(state.helped, _KEPT_ITEMS)


def help_before(state: ResolverState, o: Observation) -> str:
    """Which help came before an answer, with the item or with what it is a part of; "" for none."""
    if not state.helped:
        return ""
    help_shown = [_shown_before(state, id_hash(id_), o.time) for id_ in (o.item, *o.parents)]
    return SOLUTION if SOLUTION in help_shown else next(filter(None, help_shown), "")


def _shown_before(state: ResolverState, item: int, time: int) -> str:
    at, assistance = state.helped.get(item, _NO_HELP)
    return assistance if time - at <= LASTS else ""
