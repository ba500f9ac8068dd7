"""Who drifts from how they used to work: each learner of a class against their own weeks before.

Two things are looked at, each over the last RECENT days beside the BASELINE days before them: on how many of the days
that the class worked on the learner did, and how many answers were right. What counts is how surprising so few are by
the learner's own baseline, not how few they are: the chance is that of a beta-binomial around the baseline's rate,
which is worth at most WORTH observations, as weeks differ. Holidays are no drift: days on which nobody else worked do
not count. Nothing is said of who has too little of a baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, lgamma
from typing import Any, NamedTuple

from lrs.pacing.class_days import class_days
from lrs.pacing.reasons import Reason, because
from lrs.store.client import Store
from schemas.catalog import Catalog

RECENT, BASELINE = 14, 56  # days
FEWEST_DAYS, FEWEST_RECENT = 10, 3  # days that the class worked on, to judge by and to judge
FEWEST_ANSWERS = 20  # of the baseline, and half of that lately
SURPRISING = 0.01  # chance below which it is a drift
WORTH = 20.0
_SMALL = 5  # learners; of fewer, every day counts


class LateShare(NamedTuple):
    """How much a learner did of what there was: lately, and before that."""

    recent: int
    recent_of: int
    before: int
    before_of: int

    @property
    def chance(self) -> float:
        """The chance of so few lately, by the rate before."""
        return drift_chance(self.recent, self.recent_of, self.before, self.before_of)


class LearnerDrift(NamedTuple):
    """One learner who drifts. chance: that of the least expected of both, times the number that was looked at."""

    person: str
    worked: LateShare | None  # days, of those on which the class worked
    right: LateShare | None  # answers
    chance: float
    because: list[Reason]

    @property
    def reasons(self) -> list[str]:
        """Why, in English."""
        return [reason.say() for reason in self.because]


Worked = Mapping[int, tuple[Any, ...]]  # answers and right ones of each day (since the epoch) that somebody worked on


def drifting(days: Mapping[str, Worked], todays: Mapping[str, int]) -> list[LearnerDrift]:
    """The learners of a class who drift, the least expected first.

    todays: each learner's day of now, which is not over.
    """
    drifters = []
    for person, its in days.items():
        classmates_days = {day for classmate, theirs in days.items() if classmate != person for day in theirs}
        drift = _judge(person, its, None if len(days) < _SMALL else classmates_days, todays[person])
        if drift is not None:
            drifters.append(drift)
    return sorted(drifters, key=lambda drift: (drift.chance, drift.person))


def _judge(person: str, its: Worked, others: set[int] | None, today: int) -> LearnerDrift | None:
    begin = max(today - RECENT - BASELINE, min(its, default=today))
    counted_days = [day for day in range(begin, today) if others is None or day in others or day in its]
    lately = [day for day in counted_days if day >= today - RECENT]
    before = [day for day in counted_days if day < today - RECENT]
    worked = right = None
    if len(before) >= FEWEST_DAYS and len(lately) >= FEWEST_RECENT:
        worked = LateShare(
            sum(day in its for day in lately), len(lately), sum(day in its for day in before), len(before)
        )
    (tried, well), (tried_before, well_before) = _answers(its, lately), _answers(its, before)
    if tried_before >= FEWEST_ANSWERS and tried >= FEWEST_ANSWERS // 2:
        right = LateShare(well, tried, well_before, tried_before)
    chances = [share.chance for share in (worked, right) if share is not None]
    least = len(chances) * min(chances) if chances else 1.0  # two chances to be called drifting by chance
    if least >= SURPRISING:
        return None
    why = []
    if worked is not None and worked.chance < SURPRISING:
        why.append(_why("fewer_days" if others is None else "fewer_days_than_class", worked))
    if right is not None and right.chance < SURPRISING:
        why.append(_why("less_right", right))
    return LearnerDrift(person, worked, right, least, why)


def _why(code: str, share: LateShare) -> Reason:
    return because(
        code,
        recent=share.recent,
        recent_of=share.recent_of,
        earlier=share.before,
        earlier_of=share.before_of,
        span=RECENT,
    )


def drift_chance(few: int, of: int, before: int, before_of: int) -> float:
    """P(at most `few` of `of`), beta-binomial: by a rate that was seen, or a little more or less."""
    rate, worth = (before + 0.5) / (before_of + 1.0), min(before_of + 1.0, WORTH)
    a, b = rate * worth, (1.0 - rate) * worth
    whole = lgamma(a + b) - lgamma(a) - lgamma(b) + lgamma(of + 1) - lgamma(of + a + b)
    return min(
        1.0,
        sum(
            exp(whole + lgamma(k + a) + lgamma(of - k + b) - lgamma(k + 1) - lgamma(of - k + 1)) for k in range(few + 1)
        ),
    )


def class_drift(reader: Store, catalog: Catalog, tenant: str, class_id: str, now: int) -> list[dict[str, Any]]:
    """The learners of a class who drift, as JSON. `now` is µs since the epoch.

    Raises NotInCatalog, and what Store.tuples raises.
    """
    its = class_days(reader, catalog, tenant, class_id, now, RECENT + BASELINE, ("attempts", "right"))
    return [
        {
            "learner": its.members[drift.person].learner,
            "person": drift.person,
            "name": its.members[drift.person].name or its.members[drift.person].learner,
            "chance": drift.chance,
            "reasons": drift.reasons,
            "because": [why._asdict() for why in drift.because],
            "worked": drift.worked and drift.worked._asdict(),
            "right": drift.right and drift.right._asdict(),
        }
        for drift in drifting(its.worked, its.todays)
    ]


def _answers(its: Worked, days: Sequence[int]) -> tuple[int, int]:
    worked_days = [its[day] for day in days if day in its]
    return sum(attempts for attempts, _ in worked_days), sum(right for _, right in worked_days)
