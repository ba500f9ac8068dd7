"""The answers behind a learner's numbers, week by week and one by one, and what was decided before."""

from __future__ import annotations

from typing import Any

from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.days import DAY, day_name, day_of

MOST_ANSWERS = 200
MOST_DECISIONS = 50
_MONDAY = 3  # days from Monday to the first of January 1970, a Thursday

_ANSWERS = f"""
SELECT statement, time, item, outcome, share, duration, assistance FROM observations FINAL
WHERE tenant = %(tenant)s AND person IN %(identities)s AND has(skills, %(skill)s) AND outcome IS NOT NULL
ORDER BY time DESC, statement, ordinal LIMIT {MOST_ANSWERS}
"""
_WEEKS = f"""
SELECT intDiv(ifNull(toInt64(day), intDiv(time, {DAY})) + {_MONDAY}, 7) AS week, count(), countIf(outcome >= 0.5)
FROM observations FINAL
WHERE tenant = %(tenant)s AND person IN %(identities)s AND has(skills, %(skill)s) AND outcome IS NOT NULL
GROUP BY week ORDER BY week
"""
_BEFORE = f"""
SELECT skill, since, decision, reason, estimate, attempts FROM decision_history FINAL
WHERE tenant = %(tenant)s AND learner = %(person)s
ORDER BY since DESC, skill, class LIMIT {MOST_DECISIONS}
"""
_NAMES = ("statement", "time", "item", "outcome", "share", "duration", "assistance")


def answers_of(store: Store, catalog: Catalog, tenant: str, learner: str, skill: str, now: int) -> dict[str, Any]:
    """A learner's last judged answers on a skill, and all of them by week, as JSON. Raises what Store.tuples raises.

    A week is its Monday; weeks without answers are in it, so that it can be drawn.
    """
    people = catalog.people
    person = people.person(learner)
    asked = {"tenant": tenant, "identities": people.identities(person), "skill": skill}
    answers, weeks = store.together([(_ANSWERS, asked), (_WEEKS, asked)])
    counted = {week: (answered, right) for week, answered, right in weeks}
    last = (day_of(now, people.zone(person)) + _MONDAY) // 7
    span = range(min(counted), max(last, *counted) + 1) if counted else ()
    return {
        "skill": skill,
        "answers": [dict(zip(_NAMES, row, strict=True)) for row in answers],
        "more": max(0, sum(answered for answered, _ in counted.values()) - len(answers)),
        "weeks": [
            {"week": day_name(week * 7 - _MONDAY), "answers": answered, "right": right}
            for week in span
            for answered, right in [counted.get(week, (0, 0))]
        ],
    }


def said_before(store: Store, catalog: Catalog, tenant: str, learner: str) -> list[dict[str, Any]]:
    """The last decisions that were in effect on a learner, the latest first. Raises what Store.tuples raises."""
    asked = {"tenant": tenant, "person": catalog.people.person(learner)}
    names = ("skill", "since", "decision", "reason", "estimate", "attempts")
    rows = dict.fromkeys(store.tuples(_BEFORE, asked))  # several classes say the same
    return [dict(zip(names, row, strict=True)) for row in rows]
