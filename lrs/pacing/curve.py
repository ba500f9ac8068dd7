"""How a learner's mastery of skills went, week by week, over all that was ever observed: folded again when it is asked
for, as a row keeps the last attempts alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

from lrs.catalog.versions import active_weights
from lrs.store.client import Store
from processors.folds.mastery import LearnerMastery, Mastery
from processors.stages.learner_history import read_histories
from processors.stages.refold import refold
from schemas.catalog import Catalog
from schemas.days import day_name, day_of, monday_of, week_of
from schemas.evidence import Evidence
from schemas.people import MINUTE


class WeekOfMastery(NamedTuple):
    """The mastery after the last attempt of a week, which its Monday names.

    other_work is what of the change since the attempt before is not due to the attempts on the skill itself: what the
    learner did on other skills meanwhile was taken into account when they came back to it. last: the time of the last
    attempt (µs).
    """

    week: str
    mastery: float
    other_work: float
    last: int


def mastery_by_week(
    store: Store, catalog: Catalog, tenant: str, learner: str, skills: Collection[str]
) -> dict[str, list[WeekOfMastery]]:
    """By skill the weeks in which a learner tried it, by the weights and the policy of today, as the row in the table:
    of all skills by one query, and one fold. Skills that were never tried are left out.

    Raises what Store.tuples raises.
    """
    people = catalog.people
    learner_key = tenant, people.person(learner)
    history = read_histories(store, [learner_key], {tenant: people}).get(learner_key, [])
    fold, idle = _ByWeek(Mastery(active_weights(catalog)), frozenset(skills)), round(catalog.policy.idle_after * MINUTE)
    learner_weeks: _Weeks = refold(fold, history, idle=idle).state
    return {skill: list(weeks.values()) for skill, weeks in learner_weeks.weeks.items()}


def last_of_weeks(points: Iterable[tuple[int, float]], zone: str) -> list[tuple[int, float]]:
    """Of (time, mastery) in the order of time, the last of each week in a zone."""
    return list({week_of(day_of(time, zone)): (time, mastery) for time, mastery in points}.values())


@dataclass(slots=True)
class _Weeks:
    """The state of the fold, and by skill and week what it came to."""

    mastery: LearnerMastery
    weeks: dict[str, dict[int, WeekOfMastery]] = field(default_factory=dict)


class _Before(NamedTuple):
    """What was known of a skill when an answer came. met: what is estimated of it then, with work on other skills."""

    attempts: int
    met: float
    estimate: float
    shown: float


class _ByWeek:
    """The fold of mastery, which also notes what some skills come to in each week."""

    name: ClassVar[str] = Mastery.name
    columns: ClassVar[tuple[str, ...]] = Mastery.columns
    column_types: ClassVar[Mapping[str, str]] = Mastery.column_types

    def __init__(self, fold: Mastery, skills: Collection[str]) -> None:
        self._fold = fold
        self._skills = skills

    def start(self) -> _Weeks:
        return _Weeks(self._fold.start())

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> _Weeks:
        return _Weeks(self._fold.restore(rows))

    def drain(self, state: _Weeks) -> list[tuple[Any, ...]]:
        """No rows: they are dear to make, and nobody writes them."""
        state.mastery.touched.clear()
        return []

    def step(self, state: _Weeks, evidence: Evidence) -> None:
        mastery = state.mastery
        before = {skill: self._before(mastery, skill) for skill in evidence.skills if skill in self._skills}
        self._fold.step(mastery, evidence)
        for skill, past in before.items():
            now = mastery.evidence.get(skill)
            if now is None or (past is not None and past.attempts == now.skill.attempts):
                continue  # it was no attempt
            shown_mastery, week = now.curve[-1], week_of(evidence.day)
            other_work = 0.0 if past is None else of_other_work(past.met - past.estimate, shown_mastery - past.shown)
            weeks = state.weeks.setdefault(skill, {})
            if week in weeks:
                other_work += weeks[week].other_work
            weeks[week] = WeekOfMastery(day_name(monday_of(week)), shown_mastery, other_work, evidence.time)

    def _before(self, state: LearnerMastery, skill: str) -> _Before | None:
        past = state.evidence.get(skill)
        if past is None:
            return None
        met = self._fold.model.mastery(state.learner, skill, past.skill)
        return _Before(past.skill.attempts, met, past.next_item, past.curve[-1])


def of_other_work(estimate: float, shown_change: float) -> float:
    """How much of a change that is shown comes from a change of the estimate between two attempts: as much as both go
    the same way."""
    if estimate * shown_change <= 0:
        return 0.0
    return min(estimate, shown_change) if shown_change > 0 else max(estimate, shown_change)
