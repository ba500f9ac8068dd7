"""What the fold engagement keeps of learners, as boards and the page of a learner show it: by day, and of all days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from schemas.days import day_name, day_of

WEEK = 7  # days


class WeekRow(NamedTuple):
    """What a learner did in the last days; `days` and `minutes` go together."""

    last_seen: int
    streak: int
    days: Sequence[str]
    minutes: Sequence[float]


class EngagementRow(NamedTuple):
    """A day of a learner, or their own row, of all days: the fields from `last_seen` on are that one's."""

    minutes: float
    attempts: int
    right: int
    activities: int
    completions: int
    sessions: int
    last_seen: int
    streak: int
    best_streak: int
    days: int


NO_WEEK = WeekRow(0, 0, (), ())
_DAY_FIELDS = ("minutes", "attempts", "right", "activities", "completions", "sessions")
WEEK_ROWS = """
SELECT learner, maxIf(last_seen, key = ''), maxIf(streak, key = ''), groupArrayIf(key, key != ''),
  groupArrayIf(minutes, key != '')
FROM engagement FINAL
WHERE tenant = %(tenant)s AND learner IN %(learners)s AND (key = '' OR key >= %(since_day)s)
GROUP BY learner
"""
ENGAGEMENT_ROWS = f"""
SELECT key, {", ".join(EngagementRow._fields)}
FROM engagement FINAL
WHERE tenant = %(tenant)s AND learner = %(learner)s AND (key = '' OR key >= %(since_day)s)
"""


def day_cell(day: str, row: EngagementRow | None) -> dict[str, Any]:
    """A day as the page of a learner has it; without a row nothing was done."""
    return {"day": day, **{field: getattr(row, field) if row else 0 for field in _DAY_FIELDS}}


def current_streak(streak: int, last_seen: int, now: int, zone: str) -> int:
    """A streak of days that ended before yesterday is over."""
    return streak if day_of(now, zone) - day_of(last_seen, zone) <= 1 else 0


def minutes_of_week(minutes: Iterable[tuple[str, float]], now: int, zone: str) -> float:
    """The minutes of the last seven days, of those by day."""
    since = day_back(now, WEEK, zone)
    return round(sum(worked for day, worked in minutes if day >= since), 1)


def day_back(now: int, back: int, zone: str) -> str:
    """The day in a zone that is the first of the last `back` days."""
    return day_name(day_of(now, zone) - back + 1)


def earliest(now: int, back: int) -> str:
    """A day that is not after the first of the last `back` days in any zone: none is a day behind UTC or more."""
    return day_back(now, back + 1, "")
