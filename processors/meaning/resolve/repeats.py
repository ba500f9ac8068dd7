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
    for one in reversed(state.tries):
        if one.item == item and one.attempt == attempt:
            return one
    return None


def latest_try(state: ResolverState, item: int) -> ItemTry | None:
    """The last try at an item: a grade that names none is about it."""
    for one in reversed(state.tries):
        if one.item == item:
            return one
    return None


def try_reported(state: ResolverState, o: Observation, item: int, attempt: int, session: int) -> ItemTry | None:
    """The try that was reported a moment ago, and is reported again."""
    signature = signature_of(o)
    found = None
    for one in reversed(state.tries):
        since = o.time - one.first
        if since > WINDOW:
            break
        if one.sent is not None and o.sent is not None:
            since = abs(o.sent - one.sent)
            if since > WINDOW:
                continue
        if one.item != item or (attempt and one.attempt and attempt != one.attempt) or not _agree(one, o):
            continue
        if signature not in one.signatures or (
            since <= SAME and one.share == o.share and id_hash(o.learner) in one.actors
        ):
            found = one  # each report goes to the earliest try that lacks it
    if found is None and o.kind is Kind.SESSION:
        return _echoed(state, o, item, session)
    return found


def _echoed(state: ResolverState, o: Observation, item: int, session: int) -> ItemTry | None:
    """The try whose result the end of a session repeats."""
    for one in reversed(state.tries):
        if one.item == item and one.session == session and o.time - one.first <= ECHO and _agree(one, o):
            return one
    return None


def _agree(one: ItemTry, o: Observation) -> bool:
    return one.outcome is None or o.outcome is None or one.outcome == o.outcome
