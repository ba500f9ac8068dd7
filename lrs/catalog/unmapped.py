"""Judged answers that teach no skill, or only a provisional one: what a catalog should say something of."""

from __future__ import annotations

from typing import Any, NamedTuple

from lrs.store.client import Store


class UnmappedActivity(NamedTuple):
    """An activity whose judged answers reach no skill; `unit` is the provisional skill that they go to, or empty."""

    activity: str
    answers: int
    learners: int
    last_time: int  # µs since the epoch
    example: str  # id of a statement
    unit: str
    parent: str  # the nearest that the activity is a part of, or empty


_UNTAUGHT = """
FROM observations FINAL
WHERE tenant = {tenant:String} AND outcome IS NOT NULL AND item != '' AND (empty(skills) OR provisional)
"""
_LISTED = f"""
SELECT item, count(), uniqExact(learner), max(time), argMax(statement, (time, statement)), max(arrayElement(skills, 1)),
  argMax(arrayElement(parents, 1), (time, statement))
{_UNTAUGHT}
GROUP BY item
ORDER BY count() DESC, item
LIMIT {{limit:UInt32}}
"""


def unmapped(store: Store, tenant: str, limit: int) -> list[UnmappedActivity]:
    """The activities with most answers first. Raises StoreUnavailable."""
    return [UnmappedActivity(*row) for row in store.tuples(_LISTED, {"tenant": tenant, "limit": limit})]


def counted(store: Store, tenant: str, limit: int) -> dict[str, Any]:
    """How many answers in how many activities there are, and the first of these, as JSON. Raises StoreUnavailable."""
    [[answers, activities]] = store.tuples(f"SELECT count(), uniqExact(item) {_UNTAUGHT}", {"tenant": tenant})
    listed = [one._asdict() for one in unmapped(store, tenant, limit)]
    return {"answers": answers, "activities": activities, "listed": listed}
