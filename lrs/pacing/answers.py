"""The answers behind a learner's numbers, week by week and one by one, and what was decided before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrs.pacing.display_names import activity_names
from lrs.store.client import Store
from schemas.catalog import Catalog
from schemas.days import DAY, day_name, day_number, day_of, monday_of, week_in_sql, week_of

MOST_ANSWERS = 200
MOST_DECISIONS = 50
_OF = "tenant = %(tenant)s AND person IN %(identities)s AND outcome IS NOT NULL"
_SKILL = "has(skills, %(skill)s)"
_DAY_OF = f"ifNull(toInt64(day), intDiv(time, {DAY}))"
_ANSWER_COLUMNS = "statement, time, item, outcome, share, duration, assistance, skills"
# first: nothing was answered on the item before, whichever skill it counted for.
_PLACE = "(time, statement, ordinal)"
_TRIED = f"""(
  SELECT {_ANSWER_COLUMNS}, day, ordinal, item != '' AND {_PLACE} = min({_PLACE}) OVER (PARTITION BY item) AS first
  FROM observations FINAL WHERE {_OF}
)"""
_LATEST = f"ORDER BY time DESC, statement, ordinal LIMIT {MOST_ANSWERS}"
_ANSWERS = f"SELECT {_ANSWER_COLUMNS}, first FROM {_TRIED} WHERE {_SKILL} {_LATEST}"
_ON_DAY = f"SELECT {_ANSWER_COLUMNS}, first FROM {_TRIED} WHERE {_DAY_OF} = %(day)s {_LATEST}"
_WEEKS = f"""
SELECT {week_in_sql(_DAY_OF)} AS week, count(), countIf(outcome >= 0.5)
FROM observations FINAL WHERE {_OF} AND {_SKILL}
GROUP BY week ORDER BY week
"""
_BEFORE = f"""
SELECT skill, since, decision, reason, estimate, attempts FROM decision_history FINAL
WHERE tenant = %(tenant)s AND learner = %(person)s
ORDER BY since DESC, skill, class LIMIT {MOST_DECISIONS}
"""
_ANSWER_FIELDS = (*_ANSWER_COLUMNS.split(", "), "first")


def answers_of(store: Store, catalog: Catalog, tenant: str, learner: str, skill: str, now: int) -> dict[str, Any]:
    """A learner's last judged answers on a skill, and all of them by week, as JSON. Raises what Store.tuples raises.

    A week is its Monday; weeks without answers are in it, so that it can be drawn.
    """
    people = catalog.people
    person = people.person(learner)
    skill_parameters = {"tenant": tenant, "identities": people.identities(person), "skill": skill}
    answers, weeks = store.together([(_ANSWERS, skill_parameters), (_WEEKS, skill_parameters)])
    counted = {week: (answered, right) for week, answered, right in weeks}
    this_week = week_of(day_of(now, people.zone(person)))
    span = range(min(counted), max(this_week, *counted) + 1) if counted else ()
    return {
        "skill": skill,
        "answers": _with_names(store, catalog, tenant, answers),
        "more": max(0, sum(answered for answered, _ in counted.values()) - len(answers)),
        "weeks": [
            {"week": day_name(monday_of(week)), "answers": answered, "right": right}
            for week in span
            for answered, right in [counted.get(week, (0, 0))]
        ],
    }


def answers_on(store: Store, catalog: Catalog, tenant: str, learner: str, day: str) -> list[dict[str, Any]]:
    """A learner's last judged answers of a local day (YYYY-MM-DD), as JSON. Raises what Store.tuples raises, and
    ValueError where it is no day."""
    people = catalog.people
    day_parameters = {"tenant": tenant, "identities": people.identities(people.person(learner)), "day": day_number(day)}
    return _with_names(store, catalog, tenant, store.tuples(_ON_DAY, day_parameters))


def _with_names(store: Store, catalog: Catalog, tenant: str, rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Answers as JSON, each with the name of its item."""
    answers = [dict(zip(_ANSWER_FIELDS, row, strict=True)) for row in rows]
    names = activity_names(store, catalog, tenant, {answer["item"] for answer in answers})
    return [{**answer, "name": names[answer["item"]]} for answer in answers]


def said_before(store: Store, catalog: Catalog, tenant: str, learner: str) -> list[dict[str, Any]]:
    """The last decisions that were in effect on a learner, the latest first. Raises what Store.tuples raises."""
    decision_parameters = {"tenant": tenant, "person": catalog.people.person(learner)}
    names = ("skill", "since", "decision", "reason", "estimate", "attempts")
    rows = dict.fromkeys(store.tuples(_BEFORE, decision_parameters))  # several classes say the same
    return [dict(zip(names, row, strict=True)) for row in rows]
