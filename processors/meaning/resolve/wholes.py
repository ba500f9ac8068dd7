"""Wholes and parts: the result of a quiz is not one more answer where its answers were reported, in any order.

A part names its whole among its parents, and may name the try at the whole there as well. Where both name the try, that
decides; else parts reported up to 12 hours before the whole's result, or 5 minutes after it, are of the same try.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice

from processors.meaning.resolve.resolver_state import ItemTry, ResolverState, drop_oldest, id_hash, paired
from schemas.observation import Observation

BEFORE = 12 * 3600 * 1_000_000  # µs
AFTER = 5 * 60 * 1_000_000  # µs
_KEPT_WHOLES = 64  # entries: wholes, and tries at them


def has_parts(state: ResolverState, item: int, attempt: int, time: int) -> bool:
    """Whether parts of this try at a whole were reported."""
    if attempt and paired(item, attempt) in state.parts:
        return True
    last_part = state.parts.get(item)
    if last_part is None:
        return False
    if attempt and attempt in state.parts:
        return True
    last, item_of_part = last_part
    return time - last <= BEFORE and not (attempt and item_of_part and item_of_part != attempt)


def note_part(state: ResolverState, o: Observation, attempt: int) -> list[ItemTry]:
    """Note that a part was reported; gives the tries at its wholes that counted until now."""
    if not o.parents:
        return []
    parents = o.parents if o.item not in o.parents else tuple(parent for parent in o.parents if parent != o.item)
    wholes, keys = _wholes(parents, attempt)
    parts, part_note = state.parts, (o.time, attempt)
    if keys == _last_parts(parts, len(keys)):  # the part before it was of the same wholes: so it is nearly always
        parts |= dict.fromkeys(keys, part_note)
    else:
        for key in keys:
            parts.pop(key, None)
            parts[key] = part_note
    if len(parts) > _KEPT_WHOLES:
        drop_oldest(parts, _KEPT_WHOLES)
    return [
        item_try
        for item_try in state.tries
        if item_try.item in wholes
        and item_try.counted
        and (item_try.attempt in wholes or _same_try(item_try, attempt, o.time))
    ]


def _last_parts(parts: dict[int, tuple[int, int]], count: int) -> tuple[int, ...]:
    """What was put in last, in the order it was."""
    return tuple(islice(reversed(parts), count))[::-1]


@lru_cache(maxsize=4096)
def _wholes(parents: tuple[str, ...], attempt: int) -> tuple[frozenset[int], tuple[int, ...]]:
    """Wholes, and under what their parts are known: each whole, and each try at it."""
    wholes = dict.fromkeys(map(id_hash, parents))
    keys = [key for whole in wholes for key in ((whole, paired(whole, attempt)) if attempt else (whole,))]
    return frozenset(wholes), tuple(keys)


def _same_try(whole: ItemTry, attempt: int, time: int) -> bool:
    if whole.attempt and attempt:
        return whole.attempt == attempt
    return time - whole.first <= AFTER
