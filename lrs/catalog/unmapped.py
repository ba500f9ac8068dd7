"""Judged answers that teach no skill, or only a provisional one: gaps of a catalog."""

from __future__ import annotations

from typing import Any, NamedTuple

from lrs.store.client import Store
from processors.meaning.vocabulary.row import Nothing

NOBODY = str(Nothing.NOBODY)


class UnmappedActivity(NamedTuple):
    """An activity whose judged answers reach no skill; `unit` is the provisional skill that they go to, or empty."""

    activity: str
    answers: int
    learners: int
    last_time: int  # µs since the epoch
    example: str  # id of a statement
    unit: str
    parent: str  # the nearest that the activity is a part of, and no learner's try, or empty


_UNTAUGHT = """
FROM observations FINAL
WHERE tenant = {tenant:String} AND outcome IS NOT NULL AND item != '' AND (empty(skills) OR provisional)
"""
_LISTED = f"""
SELECT item, count(), uniqExact(person), max(time), argMax(statement, (time, statement)), max(arrayElement(skills, 1)),
  argMax(arrayFirst(one -> one != attempt, parents), (time, statement))
{_UNTAUGHT}
GROUP BY item
ORDER BY count() DESC, item
LIMIT {{limit:UInt32}}
"""


_NOTHING = """
SELECT nothing, uniqExact(partition, sequence) AS statements, argMax(id, stored) FROM statements
WHERE tenant = %(tenant)s AND nothing != '' AND id NOT IN (SELECT target FROM voids WHERE tenant = %(tenant)s)
GROUP BY nothing ORDER BY statements DESC, nothing
"""
_GROUPS = """
SELECT actor, uniqExact(partition, sequence) AS statements, argMax(id, stored) FROM statements
WHERE tenant = %(tenant)s AND nothing = %(nobody)s AND id NOT IN (SELECT target FROM voids WHERE tenant = %(tenant)s)
GROUP BY actor ORDER BY statements DESC, actor LIMIT %(limit)s
"""


def unmapped_activities(store: Store, tenant: str, limit: int) -> list[UnmappedActivity]:
    """The activities with most answers first. Raises StoreUnavailable."""
    return [UnmappedActivity(*row) for row in store.tuples(_LISTED, {"tenant": tenant, "limit": limit})]


def count_unmapped(store: Store, tenant: str, limit: int) -> dict[str, Any]:
    """How many answers in how many activities teach no skill, with the first of these; how many statements are nobody's
    learning, by reason; and the groups that say not who is in them. As JSON. Raises StoreUnavailable."""
    [[answers, activities]] = store.tuples(f"SELECT count(), uniqExact(item) {_UNTAUGHT}", {"tenant": tenant})
    listed = [activity._asdict() for activity in unmapped_activities(store, tenant, limit)]
    reasons = store.tuples(_NOTHING, {"tenant": tenant})
    groups = store.tuples(_GROUPS, {"tenant": tenant, "nobody": NOBODY, "limit": limit})
    return {
        "answers": answers,
        "activities": activities,
        "listed": listed,
        "nothing": [dict(zip(("reason", "statements", "example"), row, strict=True)) for row in reasons],
        "groups": [dict(zip(("group", "statements", "example"), row, strict=True)) for row in groups],
    }
