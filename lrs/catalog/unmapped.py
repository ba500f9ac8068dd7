"""Judged answers that teach no skill, or only a provisional one: what a catalog should say something of."""

from __future__ import annotations

from typing import NamedTuple

from lrs.store.client import Store


class UnmappedActivity(NamedTuple):
    """An activity whose judged answers reach no skill; `unit` is the provisional skill that they go to, or empty."""

    activity: str
    answers: int
    learners: int
    last_time: int  # µs since the epoch
    example: str  # id of a statement
    unit: str


_QUERY = """
SELECT item, count(), uniqExact(learner), max(time), argMax(statement, (time, statement)), max(arrayElement(skills, 1))
FROM observations FINAL
WHERE tenant = {tenant:String} AND outcome IS NOT NULL AND item != '' AND (empty(skills) OR provisional)
GROUP BY item
ORDER BY count() DESC, item
LIMIT {limit:UInt32}
"""


def unmapped(store: Store, tenant: str, limit: int) -> list[UnmappedActivity]:
    """The activities with most answers first. Raises StoreUnavailable."""
    return [UnmappedActivity(*row) for row in store.tuples(_QUERY, {"tenant": tenant, "limit": limit})]
