"""Active time: the union of what events vouch for, and the sessions it falls into.

An event vouches for the duration it states until then; for the time since the learner's last event, and since the last
one of its session, up to the idle limit, unless that was a stop (paused, suspended, terminated, logged out); and the
stop of a medium for the time since it was played, as far as its position moved. A second device adds nothing.

A session is the tool's own where it names one. Else an event begins one where the last was longer ago than the idle
limit, and nothing it vouches for reaches back to that. The idle limit is a policy's (`idle_after`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from processors.meaning.resolve.resolver_state import ResolverState, ToolSession, id_hash, note_forgotten
from processors.meaning.stretches import LONGEST as LONGEST_MEDIUM
from schemas.days import DAY
from schemas.observation import Kind, Observation

IDLE = 30 * 60 * 1_000_000  # µs, where no policy says another
LONGEST = 8 * 3600 * 1_000_000  # a single event vouches for no more
FASTEST = 2.0  # seconds of a medium that can be played in one
_STOPS = frozenset(
    (
        *("paused", "suspended", "terminated", "exited", "abandoned", "stopped"),
        *("timed_out", "logout", "logged_out", "loggedout"),
    )
)
_PLAYS = ("played", "play", "watch", "listen")
_SESSIONS, _MEDIA, _INTERVALS = 16, 4, 16


class Vouched(NamedTuple):
    """What one event adds: (local day, µs) of active time, whether it begins a session, and what was played until then.

    played: (start, end) in the medium, seconds; of what is longer than can have been played, the end.
    """

    active: tuple[tuple[int, int], ...]
    begins: bool
    played: tuple[float, ...]


def add_active_time(state: ResolverState, o: Observation, idle: int = IDLE) -> Vouched:
    """Take one of the learner's own events in."""
    time = o.time
    start = time
    if o.duration:
        start -= min(round(o.duration * 1e6), LONGEST)
    media, played = _media_stretch(state, o, idle) if o.kind is Kind.MEDIA else (None, ())
    if media is not None and media < start:
        start = media
    tool_session = state.sessions.get(id_hash(o.session)) if o.session else None
    if (
        tool_session is not None
        and not tool_session.stopped
        and time - tool_session.last <= idle
        and tool_session.last < start
    ):
        start = tool_session.last
    last_stretch = state.last
    if last_stretch is not None and not state.stopped and time - last_stretch <= idle and last_stretch < start:
        start = last_stretch
    begins = _begins_stretch(state, o, start, tool_session, idle)
    state.last, state.stopped = time, _stop(o.verb)
    return Vouched(_cover(state, o, start), begins, played)


def local_day(o: Observation) -> int:
    """The local day of an observation."""
    return o.time // DAY if o.day is None else o.day


def _begins_stretch(
    state: ResolverState, o: Observation, start: int, tool_session: ToolSession | None, idle: int
) -> bool:
    near = state.last is not None and (o.time - state.last <= idle or start <= state.last)
    if not o.session:
        if not near:
            state.session = 0
        return not near
    id_ = id_hash(o.session)
    state.sessions.pop(id_, None)
    state.sessions[id_] = ToolSession(o.time, _stop(o.verb), tool_session.tried if tool_session else False)
    while len(state.sessions) > _SESSIONS:
        oldest = next(iter(state.sessions))
        if state.sessions.pop(oldest).tried:
            note_forgotten(state, oldest)
    begins = tool_session is None and not (near and state.session == 0)
    state.session = id_
    return begins


def _media_stretch(state: ResolverState, o: Observation, idle: int) -> tuple[int | None, tuple[float, ...]]:
    """Since when a medium has played that this event stops or moves, and which stretch of it."""
    item = id_hash(o.item)
    since = state.playing.get(item)
    word = o.verb.rpartition("/")[2]
    if word in _PLAYS:
        if since is None:
            state.playing[item] = (o.time, o.position)
            while len(state.playing) > _MEDIA:
                del state.playing[next(iter(state.playing))]
        return None, ()
    if since is None or not (word in _STOPS or word in ("completed", "seeked")):
        return None, ()
    del state.playing[item]
    start, position = since
    if position is None or o.position is None or word == "seeked":
        return max(start, o.time - idle), ()
    moved = round(max(0.0, o.position - position) * 1e6)
    begun = max(0.0, position, o.position - FASTEST * (o.time - start) / 1e6)
    played = (begun, o.position) if begun < o.position <= LONGEST_MEDIUM else ()
    return max(start, o.time - min(moved, LONGEST)), played


def _cover(state: ResolverState, o: Observation, start: int) -> tuple[tuple[int, int], ...]:
    """Merge [start, time] into what is covered; gives what is new of it, by local day."""
    end, covered = o.time, state.covered
    start = max(start, state.horizon, end - LONGEST)
    midnight = end // DAY * DAY if o.midnight is None else o.midnight
    if covered and covered[-1][0] <= start <= covered[-1][1] <= end:  # it goes on from the last: so it is nearly always
        begun, since = covered[-1]
        covered[-1] = (begun, end)
        today, yesterday = (end - since, 0) if since >= midnight else (end - midnight, midnight - since)
    else:
        today, yesterday = _merge_stretch(state, start, end, midnight)
    day = local_day(o)
    if yesterday > 0:
        return ((day - 1, yesterday), (day, today)) if today > 0 else ((day - 1, yesterday),)
    return ((day, today),) if today > 0 else ()


def _merge_stretch(state: ResolverState, start: int, end: int, midnight: int) -> tuple[int, int]:
    """Merge an interval into what is covered; gives what is new of it, after and before midnight."""
    today = yesterday = 0
    uncovered_end, merged = end, start
    while state.covered and state.covered[-1][1] >= start:
        begun, ended = state.covered.pop()
        today += max(0, uncovered_end - max(ended, midnight))
        yesterday += max(0, min(uncovered_end, midnight) - ended)
        uncovered_end, merged = min(uncovered_end, begun), min(merged, begun)
    if uncovered_end > start:
        today += max(0, uncovered_end - max(start, midnight))
        yesterday += max(0, min(uncovered_end, midnight) - start)
    if end > merged:
        state.covered.append((merged, end))
        if len(state.covered) > _INTERVALS:
            state.horizon = state.covered.pop(0)[1]
    return today, yesterday


@lru_cache(maxsize=1024)
def _stop(verb: str) -> bool:
    return verb.rstrip("/").rpartition("/")[2].replace("-", "_") in _STOPS
