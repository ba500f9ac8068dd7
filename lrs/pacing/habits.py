"""How learners work, by measures with a definition and a source; each beside the learner's own weeks before.

| measure | is | after |
|---|---|---|
| persistence | of wrong answers, the share after which the next one, that day, was on the same item or skill | [1] |
| help_seeking | of wrong answers, the share after which, that day, help was asked for before the next answer | [2] |
| pace | active minutes an answer, over those of the weeks before: 1 is as ever, 2 is half as fast | [3] |
| regularity | 1 - entropy of the days worked over weekdays / log 7: 1 is always the same weekday | [4] |
| media | minutes of media played for the first time, in RECENT days; before: the mean of as many days | [5] |

[1] Ventura and Shute 2013, The validity of a game-based assessment of persistence. [2] Aleven, McLaren, Roll and
Koedinger 2006, Toward meta-cognitive tutoring. [3] Beck 2005, Engagement tracing. [4] Boroujeni, Sharma, Kidziński,
Lucignano and Dillenbourg 2016, How to quantify student's regularity? [5] Guo, Kim and Rubin 2014, How video production
affects student engagement; what is played again counts once, as in the coverage of the xAPI video profile.

Nothing is said on too little: under FEWEST_ERRORS wrong answers, FEWEST_ANSWERS answers or FEWEST_DAYS days worked, and
of media where none was played.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from math import log
from typing import Any, NamedTuple

from lrs.pacing.class_days import class_days
from lrs.pacing.drift import BASELINE, RECENT
from lrs.store.client import Store
from schemas.catalog import Catalog

FEWEST_ERRORS, FEWEST_ANSWERS, FEWEST_DAYS = 5, 10, 6


class DayWorked(NamedTuple):
    """What one learner did on one day."""

    attempts: int
    minutes: float
    errors: int
    persisted: int
    sought: int
    media_seconds: float


class Habits(NamedTuple):
    """One learner's measures, of the last RECENT days and of the BASELINE days before; None: too little to say."""

    persistence: float | None
    persistence_before: float | None
    help_seeking: float | None
    help_seeking_before: float | None
    pace: float | None
    regularity: float | None
    media: float | None
    media_before: float | None


def learner_habits(days: Mapping[int, DayWorked], today: int) -> Habits:
    """The measures of one learner, by the days (since the epoch) that they worked on. `today` counts, too."""

    def since(begin: int, end: int) -> list[DayWorked]:
        return [day_worked for day, day_worked in days.items() if begin <= day < end]

    recent, before = since(today + 1 - RECENT, today + 1), since(today + 1 - RECENT - BASELINE, today + 1 - RECENT)
    persisted, sought = (lambda day_worked: day_worked.persisted), (lambda day_worked: day_worked.sought)
    now_each, before_each = _minutes_per_answer(recent), _minutes_per_answer(before)
    return Habits(
        _share_of_errors(recent, persisted),
        _share_of_errors(before, persisted),
        _share_of_errors(recent, sought),
        _share_of_errors(before, sought),
        now_each / before_each if now_each and before_each else None,
        regularity([day for day in days if today - RECENT - BASELINE < day <= today]),
        *_media_minutes(recent, before, today + 1 - RECENT - min(days, default=today)),
    )


def regularity(days: list[int]) -> float | None:
    """1: always on the same weekday; 0: on every weekday as often. None of fewer than FEWEST_DAYS days."""
    if len(days) < FEWEST_DAYS:
        return None
    shares = [count / len(days) for count in Counter(day % 7 for day in days).values()]
    return 1.0 + sum(share * log(share) for share in shares) / log(7)


def class_habits(reader: Store, catalog: Catalog, tenant: str, class_id: str, now: int) -> list[dict[str, Any]]:
    """The measures of each member of a class, by name, as JSON. `now` is µs since the epoch.

    Raises NotInCatalog, and what Store.tuples raises.
    """
    its = class_days(reader, catalog, tenant, class_id, now, RECENT + BASELINE, DayWorked._fields)
    habits = []
    for person, member in its.members.items():
        days = {day: DayWorked(*counted) for day, counted in its.worked[person].items()}
        of = {"learner": member.learner, "person": person, "name": member.name or member.learner}
        habits.append(of | learner_habits(days, its.todays[person])._asdict())
    return sorted(habits, key=lambda learner: (learner["name"], learner["person"]))


def _media_minutes(recent: list[DayWorked], before: list[DayWorked], earlier: int) -> tuple[float | None, float | None]:
    """Minutes of media in RECENT days, and of as many before. earlier: days from the first one known to RECENT's."""
    recent_minutes, minutes_before = (
        sum(day_worked.media_seconds for day_worked in days) / 60 for days in (recent, before)
    )
    if not recent_minutes + minutes_before:
        return None, None
    return recent_minutes, minutes_before * RECENT / min(earlier, BASELINE) if earlier >= RECENT else None


def _share_of_errors(days: list[DayWorked], counted: Callable[[DayWorked], int]) -> float | None:
    """The share of wrong answers that are `counted`; None of fewer than FEWEST_ERRORS."""
    errors = sum(day_worked.errors for day_worked in days)
    return sum(map(counted, days)) / errors if errors >= FEWEST_ERRORS else None


def _minutes_per_answer(days: list[DayWorked]) -> float | None:
    """Active minutes for each answer; None of fewer than FEWEST_ANSWERS."""
    answers = sum(day_worked.attempts for day_worked in days)
    return sum(day_worked.minutes for day_worked in days) / answers if answers >= FEWEST_ANSWERS else None
