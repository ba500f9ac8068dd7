"""Engagement: how much and how regularly a learner works, by learner and UTC day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

import msgspec

from schemas.observation import Kind, Observation

SESSION_GAP = 30 * 60 * 1_000_000  # µs without an event that end a session
_DAY = 86_400 * 1_000_000
_EPOCH = date(1970, 1, 1)
_COUNTED = {
    Kind.ATTEMPT: "attempts",
    Kind.COMPLETION: "completions",
    Kind.EXPOSURE: "exposures",
    Kind.FEEDBACK: "feedback",
    Kind.CHOICE: "choices",
    **dict.fromkeys((Kind.SESSION, Kind.MEDIA, Kind.HELP, Kind.SOCIAL, Kind.AWARD), "exposures"),
}


class Tally(msgspec.Struct, array_like=True):
    """What was counted over some time; active is in µs, times in µs since the epoch."""

    attempts: int = 0
    right: int = 0
    active: int = 0
    activities: int = 0
    completions: int = 0
    exposures: int = 0
    feedback: int = 0
    choices: int = 0
    sessions: int = 0
    first_seen: int = 0
    last_seen: int = 0


class _Kept(msgspec.Struct, array_like=True):
    """What a state is made of again: the whole, the day under way, and what was met on that day."""

    whole: Tally
    today: Tally
    day: int
    met: list[str]
    streak: int
    best_streak: int
    days: int


@dataclass(slots=True)
class State:
    """One learner's engagement. Only the last day can still grow: an earlier event refolds the learner."""

    whole: Tally = field(default_factory=Tally)
    today: Tally = field(default_factory=Tally)
    day: int = 0  # since the epoch
    met: set[str] = field(default_factory=set)
    streak: int = 0
    best_streak: int = 0
    days: int = 0
    closed: dict[int, Tally] = field(default_factory=dict)  # days ended since the last drain
    streaks: dict[int, tuple[int, int, int]] = field(default_factory=dict)


class Engagement:
    """The fold. Key "" is the learner's whole (activities there: sum of the days'), "YYYY-MM-DD" a day.

    streak: days in a row with an event, up to that day; best_streak and days: up to then as well.
    """

    name: ClassVar[str] = "engagement"
    column_types: ClassVar[Mapping[str, str]] = {
        "attempts": "UInt32",
        "right": "UInt32",
        "minutes": "Float64",
        "activities": "UInt32",
        "completions": "UInt32",
        "exposures": "UInt32",
        "feedback": "UInt32",
        "choices": "UInt32",
        "sessions": "UInt32",
        "first_seen": "Int64",
        "last_seen": "Int64",
        "streak": "UInt32",
        "best_streak": "UInt32",
        "days": "UInt32",
    }
    columns: ClassVar[tuple[str, ...]] = tuple(column_types)

    def start(self) -> State:
        return State()

    def step(self, state: State, observation: Observation) -> None:
        day = observation.time // _DAY
        if state.days == 0 or day != state.day:
            _turn(state, day, observation.time)
        gap = observation.time - state.whole.last_seen
        new_session = state.whole.sessions == 0 or gap > SESSION_GAP
        active = min(round((observation.duration or 0.0) * 1e6), SESSION_GAP) if new_session else gap
        new_activity = observation.item != "" and observation.item not in state.met
        if new_activity:
            state.met.add(observation.item)
        for tally in (state.today, state.whole):
            _count(tally, observation, new_session, new_activity, active)

    def drain(self, state: State) -> list[tuple[Any, ...]]:
        streak = (state.streak, state.best_streak, state.days)
        kept = _Kept(state.whole, state.today, state.day, sorted(state.met), *streak)
        rows = [("", msgspec.msgpack.encode(kept), *_columns(state.whole), *streak)]
        rows += [(_name(day), b"", *_columns(tally), *state.streaks[day]) for day, tally in state.closed.items()]
        if state.days:
            rows.append((_name(state.day), b"", *_columns(state.today), *streak))
        state.closed.clear()
        state.streaks.clear()
        return rows

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> State:
        own = next((state for key, state in rows if key == ""), None)
        if own is None:
            return State()
        kept = msgspec.msgpack.decode(own, type=_Kept)
        return State(kept.whole, kept.today, kept.day, set(kept.met), kept.streak, kept.best_streak, kept.days)


def _turn(state: State, day: int, time: int) -> None:
    """Close the day under way and open the next one."""
    if state.days:
        state.closed[state.day] = state.today
        state.streaks[state.day] = (state.streak, state.best_streak, state.days)
    state.streak = state.streak + 1 if state.days and day == state.day + 1 else 1
    state.best_streak = max(state.best_streak, state.streak)
    if state.days == 0:
        state.whole.first_seen = time
    state.days += 1
    state.day, state.today, state.met = day, Tally(first_seen=time), set()


def _count(tally: Tally, observation: Observation, session: bool, activity: bool, active: int) -> None:
    if name := _COUNTED.get(observation.kind):
        setattr(tally, name, getattr(tally, name) + 1)
    if observation.kind == Kind.ATTEMPT and observation.outcome is not None and observation.outcome >= 0.5:
        tally.right += 1
    tally.sessions += session
    tally.activities += activity
    tally.active += active
    tally.last_seen = observation.time


def _columns(tally: Tally) -> tuple[Any, ...]:
    return (
        tally.attempts,
        tally.right,
        tally.active / 60e6,
        tally.activities,
        tally.completions,
        tally.exposures,
        tally.feedback,
        tally.choices,
        tally.sessions,
        tally.first_seen,
        tally.last_seen,
    )


def _name(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()
