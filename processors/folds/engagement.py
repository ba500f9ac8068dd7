"""Engagement: how much and how regularly a learner works, by learner and local day."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, ClassVar

import msgspec

from processors.folds.media import Media, take_in_played
from schemas.days import day_name
from schemas.evidence import Evidence
from schemas.observation import Kind

_KEPT_CLASSES = 64  # those of longest ago are forgotten
_SKETCH = 64  # activities of a day that are counted exactly; more are estimated
_COUNTED = {
    Kind.ATTEMPT: "attempts",
    Kind.COMPLETION: "completions",
    Kind.EXPOSURE: "exposures",
    Kind.FEEDBACK: "feedback",
    Kind.CHOICE: "choices",
    **dict.fromkeys((Kind.SESSION, Kind.MEDIA, Kind.HELP, Kind.SOCIAL), "exposures"),
}


class EngagementTally(msgspec.Struct, array_like=True):
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
    errors: int = 0
    persisted: int = 0
    sought: int = 0
    media: int = 0  # ms


class OpenError(msgspec.Struct, array_like=True):
    """The last answer, where it was wrong and no other came since."""

    item: str
    skills: tuple[str, ...]
    day: int
    helped: bool = False  # help was asked for since


class EngagementDay(msgspec.Struct, array_like=True):
    """A day since the epoch, and the days in a row, the most of them, and all days, up to it."""

    day: int
    tally: EngagementTally
    streak: int = 1
    best_streak: int = 1
    days: int = 1


class _StoredTally(msgspec.Struct, array_like=True):
    """What a state is made of again."""

    whole: EngagementTally
    today: EngagementDay | None
    before: EngagementDay | None
    met: list[int]
    classes: dict[str, int] = {}
    error: OpenError | None = None
    media: Media = {}


_tally_decoder = msgspec.msgpack.Decoder(_StoredTally)


@dataclass(slots=True)
class LearnerEngagement:
    """One learner's engagement. Only the last day and the one before it can still grow."""

    whole: EngagementTally = field(default_factory=EngagementTally)
    today: EngagementDay | None = None
    before: EngagementDay | None = None  # the last day before today
    met: list[int] = field(default_factory=list)  # the least hashes of today's activities
    classes: dict[str, int] = field(default_factory=dict)  # courses and groups worked in, and when last
    error: OpenError | None = None
    media: Media = field(default_factory=dict)
    # Days before today that changed since the last drain.
    changed: dict[int, EngagementDay] = field(default_factory=dict)


class Engagement:
    """The fold of what learners did. Key "" is the learner's whole (activities: sum of the days'), "YYYY-MM-DD" a day.

    streak: days in a row with an event, up to that day; best_streak and days: up to then as well. What somebody else
    did, as grading, does not count as a day of the learner's; an answer that somebody entered for the learner does.
    classes: the courses and groups that the learner worked in, as statements say, and when last; of the whole alone.

    errors are wrong answers. persisted: those after which the learner's next answer, on the same day, was on the same
    item or skill. sought: those after which help was asked for, on the same day and before that answer.

    media_seconds: how much of media was played for the first time; a day has what was so on it.
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
        "classes": "Array(String)",
        "class_times": "Array(Int64)",
        "errors": "UInt32",
        "persisted": "UInt32",
        "sought": "UInt32",
        "media_seconds": "Float64",
    }
    columns: ClassVar[tuple[str, ...]] = tuple(column_types)

    def start(self) -> LearnerEngagement:
        return LearnerEngagement()

    def step(self, state: LearnerEngagement, evidence: Evidence) -> None:
        for class_id in evidence.classes:
            state.classes[class_id] = evidence.time
            if len(state.classes) > _KEPT_CLASSES:
                _forget(state.classes)
        if not evidence.own:
            return
        today = state.today
        if today is None or evidence.day > today.day:
            today = _turn(state, evidence)
        activities = _met(state, today, evidence.item)
        for tally in (today.tally, state.whole):
            _count(tally, evidence)
            tally.activities += activities
        _after_errors(state, today, evidence)
        if evidence.stretches and evidence.item:
            new = take_in_played(state.media, _hashed(evidence.item), evidence.stretches)
            for tally in (today.tally, state.whole):
                tally.media += new
        for day, length in evidence.active:
            tally = today.tally if day >= today.day else _earlier(state, today, day, evidence)
            tally.active += length
            state.whole.active += length

    def drain(self, state: LearnerEngagement) -> list[tuple[Any, ...]]:
        today = state.today
        tally = msgspec.msgpack.encode(
            _StoredTally(state.whole, today, state.before, state.met, state.classes, state.error, state.media)
        )
        streaks = (today.streak, today.best_streak, today.days) if today else (0, 0, 0)
        classes = sorted(state.classes)
        times = [state.classes[class_id] for class_id in classes]
        rows = [("", tally, *_columns(state.whole), *streaks, classes, times, *_later_columns(state.whole))]
        days = [*state.changed.values(), *([today] if today else [])]
        rows += [
            (
                day_name(d.day),
                b"",
                *_columns(d.tally),
                d.streak,
                d.best_streak,
                d.days,
                [],
                [],
                *_later_columns(d.tally),
            )
            for d in days
        ]
        state.changed.clear()
        return rows

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> LearnerEngagement:
        own = next((state for key, state in rows if key == ""), None)
        if own is None:
            return LearnerEngagement()
        tally = _tally_decoder.decode(own)
        return LearnerEngagement(
            tally.whole, tally.today, tally.before, tally.met, tally.classes, tally.error, tally.media
        )


def _forget(classes: dict[str, int]) -> None:
    """The class of longest ago; of two, by its id, whatever order they came in."""
    del classes[min(classes, key=lambda class_id: (classes[class_id], class_id))]


def _turn(state: LearnerEngagement, evidence: Evidence) -> EngagementDay:
    """Close the day under way and open the next one."""
    last = state.today
    if last is None:
        state.whole.first_seen = evidence.time
    else:
        state.before = state.changed[last.day] = last
    state.today = _after(last, evidence.day, EngagementTally(first_seen=evidence.time))
    state.met = []
    return state.today


def _after(last: EngagementDay | None, day: int, tally: EngagementTally) -> EngagementDay:
    if last is None:
        return EngagementDay(day, tally)
    streak = last.streak + 1 if day == last.day + 1 else 1
    return EngagementDay(day, tally, streak, max(last.best_streak, streak), last.days + 1)


def _earlier(state: LearnerEngagement, today: EngagementDay, day: int, evidence: Evidence) -> EngagementTally:
    """The day before today, into which a session reaches back; it is a day of its own even if nothing else was then."""
    before = state.before
    if before is None or before.day < day:
        start = evidence.time - sum(length for _, length in evidence.active)
        before = state.before = _after(before, day, EngagementTally(first_seen=start, last_seen=start))
        if before.days == 1:
            state.whole.first_seen = start
        renewed = _after(before, today.day, today.tally)
        today.streak, today.best_streak, today.days = renewed.streak, renewed.best_streak, renewed.days
    state.changed[before.day] = before
    return before.tally


def _met(state: LearnerEngagement, today: EngagementDay, item: str) -> int:
    """How many activities more today has with this one."""
    if not item:
        return 0
    hashed = _hashed(item)
    met = state.met
    if hashed in met or (len(met) == _SKETCH and hashed > met[-1]):
        return 0
    insort(met, hashed)
    del met[_SKETCH:]
    count = len(met) if len(met) < _SKETCH else max(_SKETCH, (_SKETCH - 1 << 64) // met[-1])
    return count - today.tally.activities


def _hashed(item: str) -> int:
    return int.from_bytes(blake2b(item.encode(), digest_size=8).digest(), "little")


def _count(tally: EngagementTally, evidence: Evidence) -> None:
    name = _COUNTED.get(evidence.kind)
    if name and not evidence.again:
        setattr(tally, name, getattr(tally, name) + 1)
    if evidence.kind is Kind.ATTEMPT and evidence.outcome is not None and evidence.outcome >= 0.5:
        tally.right += 1
    tally.sessions += evidence.session
    tally.last_seen = evidence.time


def _after_errors(state: LearnerEngagement, today: EngagementDay, evidence: Evidence) -> None:
    """Count a wrong answer, and what the learner did after the one before."""
    error = state.error if state.error is not None and state.error.day == today.day else None
    if evidence.kind is Kind.HELP and error is not None and not error.helped:
        error.helped = True
        for tally in (today.tally, state.whole):
            tally.sought += 1
    if evidence.kind is not Kind.ATTEMPT:
        return
    if error is not None and not evidence.again:
        if evidence.item == error.item or not set(error.skills).isdisjoint(evidence.skills):
            for tally in (today.tally, state.whole):
                tally.persisted += 1
        state.error = None
    if evidence.outcome is not None and evidence.outcome < 0.5:
        state.error = OpenError(evidence.item, evidence.skills, today.day)
        for tally in (today.tally, state.whole):
            tally.errors += 1


def _later_columns(tally: EngagementTally) -> tuple[Any, ...]:
    return tally.errors, tally.persisted, tally.sought, tally.media / 1000


def _columns(tally: EngagementTally) -> tuple[Any, ...]:
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
