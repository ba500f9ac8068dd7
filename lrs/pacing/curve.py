"""How a learner's mastery of a skill went, week by week, over all that was ever observed: folded again when it is asked
for, as a row keeps the last attempts alone."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from lrs.catalog.versions import active_weights
from lrs.store.client import Store
from processors.folds.mastery import LearnerMastery, Mastery
from processors.meaning.resolve import read_on
from processors.stages.learner_history import read_histories
from processors.stages.refold import refold
from schemas.catalog import Catalog
from schemas.days import day_name, monday_of, week_of
from schemas.evidence import Evidence
from schemas.people import MINUTE


class WeekOfMastery(NamedTuple):
    """The mastery after the last attempt of a week, which its Monday names.

    other_work is what of the change since the attempt before is not due to the attempts on the skill itself: what the
    learner did on other skills meanwhile was taken into account when they came back to it.
    """

    week: str
    mastery: float
    other_work: float


def mastery_by_week(store: Store, catalog: Catalog, tenant: str, learner: str, skill: str) -> list[WeekOfMastery]:
    """The weeks in which a learner tried a skill, by the weights and the policy of today, as the row in the table.

    Raises what Store.tuples raises.
    """
    people = catalog.people
    whose = tenant, people.person(learner)
    history = read_histories(store, [whose], {tenant: people}).get(whose, [])
    fold, idle = Mastery(active_weights(catalog)), round(catalog.policy.idle_after * MINUTE)
    poisoned = refold(fold, history, idle=idle).poisoned
    evidence = read_on(None, [observation for observation in history if observation.order not in poisoned], idle=idle)[
        0
    ]
    state, weeks = fold.start(), []
    for week, some in groupby(evidence, lambda observation: week_of(observation.day)):
        steps = [step for observation in some if (step := _step(fold, state, observation, skill)) is not None]
        if steps:
            mastery = state.evidence[skill].curve[-1]
            weeks.append(WeekOfMastery(day_name(monday_of(week)), mastery, sum(steps)))
    return weeks


def _step(fold: Mastery, state: LearnerMastery, observation: Evidence, skill: str) -> float | None:
    """Fold one observation in; gives what other work changed with it, None where it is no attempt on the skill."""
    past = state.evidence.get(skill)
    if past is None or skill not in observation.skills:
        fold.step(state, observation)
        return 0.0 if past is None and skill in state.evidence else None
    attempts, estimate_before, shown_before = past.skill.attempts, past.next_item, past.curve[-1]
    met = fold.model.mastery(state.learner, skill, past.skill)
    fold.step(state, observation)
    return (
        None if past.skill.attempts == attempts else of_other_work(met - estimate_before, past.curve[-1] - shown_before)
    )


def of_other_work(estimate: float, shown_change: float) -> float:
    """How much of a change that is shown comes from a change of the estimate between two attempts: as much as both go
    the same way."""
    if estimate * shown_change <= 0:
        return 0.0
    return min(estimate, shown_change) if shown_change > 0 else max(estimate, shown_change)
