"""Answers reported twice: which known try an observation is about, if any.

Where tools name their tries, the names decide. Else two reports are of one try when item and outcome agree and they
are (a) different reports (another verb, kind or completeness) at most 5 s after the first, or (b) equal but for id and
time, of one actor, at most 0.5 s. The window opens at the first report and does not slide. Tries with different names
never merge. Of a wrong clock, whose times are all read as when they were stored, its own time says how far apart.
"""

from __future__ import annotations

from functools import lru_cache
from zlib import crc32

from processors.meaning.resolve.resolver_state import ItemTry, ResolverState, id_hash
from schemas.observation import Kind, Observation

WINDOW = 5_000_000
SAME = 500_000
ECHO = 12 * 3600 * 1_000_000  # the end of a session repeats what was reported in it


def signature_of(o: Observation) -> int:
    """What distinguishes two reports."""
    return _signature(o.verb, o.kind, o.outcome is not None, o.attempt != "", o.share is not None)


@lru_cache(maxsize=1024)
def _signature(verb: str, kind: Kind, judged: bool, named: bool, scored: bool) -> int:
    return crc32(f"{verb}|{kind}|{judged}|{named}|{scored}".encode())


def try_named(state: ResolverState, item: int, attempt: int) -> ItemTry | None:
    """The try that a tool names."""
    for item_try in reversed(state.tries):
        if item_try.item == item and item_try.attempt == attempt:
            return item_try
    return None


def latest_try(state: ResolverState, item: int) -> ItemTry | None:
    """The last try at an item: a grade that names none is about it."""
    for item_try in reversed(state.tries):
        if item_try.item == item:
            return item_try
    return None


def try_reported(state: ResolverState, o: Observation, item: int, attempt: int, session: int) -> ItemTry | None:
    """The try that was reported a moment ago, and is reported again."""
    signature = signature_of(o)
    reported_try = None
    for item_try in reversed(state.tries):
        since = o.time - item_try.first
        if since > WINDOW:
            break
        if item_try.sent is not None and o.sent is not None:
            since = abs(o.sent - item_try.sent)
            if since > WINDOW:
                continue
        if (
            item_try.item != item
            or (attempt and item_try.attempt and attempt != item_try.attempt)
            or not _agree(item_try, o)
        ):
            continue
        if signature not in item_try.signatures or (
            since <= SAME and item_try.share == o.share and id_hash(o.learner) in item_try.actors
        ):
            reported_try = item_try  # each report goes to the earliest try that lacks it
    if reported_try is None and o.kind is Kind.SESSION:
        return _echoed(state, o, item, session)
    return reported_try


def _echoed(state: ResolverState, o: Observation, item: int, session: int) -> ItemTry | None:
    """The try whose result the end of a session repeats."""
    for item_try in reversed(state.tries):
        if (
            item_try.item == item
            and item_try.session == session
            and o.time - item_try.first <= ECHO
            and _agree(item_try, o)
        ):
            return item_try
    return None


def _agree(item_try: ItemTry, o: Observation) -> bool:
    return item_try.outcome is None or o.outcome is None or item_try.outcome == o.outcome
