"""How a learner's mastery of a skill went, week by week, over all that was ever observed: folded again when it is asked
for, as a row keeps the last attempts alone."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from lrs.catalog.versions import active_weights
from lrs.store.client import Store
from processors.folds.mastery import Mastery
from processors.meaning.resolve import read_on
from processors.stages.learner_history import read_histories
from processors.stages.refold import refold
from schemas.catalog import Catalog
from schemas.days import FIRST_MONDAY, day_name
from schemas.people import MINUTE

_MASTERY = 2 + Mastery.columns.index("mastery")  # in a row: the key and the state come before the columns


def mastery_by_week(store: Store, catalog: Catalog, tenant: str, learner: str, skill: str) -> list[dict[str, Any]]:
    """The mastery after the last attempt of each week in which the skill was tried, a week by its Monday, as JSON.

    By the weights and the policy of today, as the row in the table. Raises what Store.tuples raises.
    """
    people = catalog.people
    whose = tenant, people.person(learner)
    history = read_histories(store, [whose], {tenant: people}).get(whose, [])
    fold, idle = Mastery(active_weights(catalog)), round(catalog.policy.idle_after * MINUTE)
    poisoned = refold(fold, history, idle=idle).poisoned
    evidence = read_on(None, [one for one in history if one.order not in poisoned], idle=idle)[0]
    state, found = fold.start(), []
    for week, some in groupby(evidence, lambda one: (one.day + FIRST_MONDAY) // 7):
        for one in some:
            fold.step(state, one)
        for row in fold.drain(state):
            if row[0] == skill:
                found.append({"week": day_name(week * 7 - FIRST_MONDAY), "mastery": row[_MASTERY]})
    return found
