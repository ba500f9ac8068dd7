"""What is kept of one person's past, bounded, as small as it can be: ids as hashes of 64 bits."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec

LATEST = 32  # tries kept whatever their age
MOST_OPEN_TRIES = 512  # tries kept while a second report of them may come
_BLOOM_SIZE = 4096


@lru_cache(maxsize=65536)
def id_hash(text: str) -> int:
    """A stable hash of an id; 0 for none."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little") if text else 0


def paired(item: int, attempt: int) -> int:
    """A hash of an item and a try at it."""
    return item ^ ((attempt << 1 | attempt >> 63) & 0xFFFFFFFFFFFFFFFF)


class ItemTry(msgspec.Struct, array_like=True):
    """One attempt at an item: when it was first reported, in which ways, and how it was last judged."""

    item: int
    attempt: int  # 0: the tool names none
    first: int
    session: int
    signatures: list[int]  # of its reports
    outcome: float | None
    share: float | None
    counted: bool  # as evidence; not where its parts are
    actors: list[int] = []  # the keys of the person's that it was reported by
    sent: int | None = None  # what the sender said of `first`, where that could not be believed


class ToolSession(msgspec.Struct, array_like=True):
    """A session that a tool names: its last event, whether that was a stop, and whether anything was tried in it."""

    last: int
    stopped: bool
    tried: bool


class ResolverState(msgspec.Struct, array_like=True):
    """Everything resolve knows of one person."""

    tries: list[ItemTry] = []
    forgotten: bytearray = bytearray()  # a Bloom filter of what is no longer in `tries` and `sessions`
    parts: dict[int, tuple[int, int]] = {}  # (time, try) of the last judged part of each whole, and of each try at it
    helped: dict[int, tuple[int, str]] = {}  # when help with an item was shown last, and which
    sessions: dict[int, ToolSession] = {}
    reviewed: list[int] = []  # sessions that count for nothing
    session: int = 0  # the session under way, as its tool names it
    last: int | None = None  # the learner's last event
    stopped: bool = False  # that was a stop
    covered: list[tuple[int, int]] = []  # active time that is vouched for, merged
    horizon: int = -(2**63)  # active time before this is no longer known
    playing: dict[int, tuple[int, float | None]] = {}  # media that play: since when, from which position
    numbered: dict[int, int] = {}  # which try the id means that a tool keeps over all of them


def note_forgotten(state: ResolverState, *keys: int) -> None:
    """Note what leaves the state."""
    bits = state.forgotten
    if not bits:
        bits.extend(bytes(_BLOOM_SIZE // 8))
    for key in keys:
        for at in (key % _BLOOM_SIZE, (key >> 20) % _BLOOM_SIZE, (key >> 40) % _BLOOM_SIZE):
            bits[at >> 3] |= 1 << (at & 7)


def may_be_forgotten(state: ResolverState, key: int) -> bool:
    """Whether something may have left the state; never False where it has."""
    bits = state.forgotten
    return bool(bits) and all(bits[at >> 3] & (1 << (at & 7)) for at in _places(key))


def drop_oldest(entries: dict[int, Any], most: int) -> None:
    """Drop what was put in first."""
    while len(entries) > most:
        del entries[next(iter(entries))]


def _places(key: int) -> tuple[int, int, int]:
    return key % _BLOOM_SIZE, (key >> 20) % _BLOOM_SIZE, (key >> 40) % _BLOOM_SIZE
