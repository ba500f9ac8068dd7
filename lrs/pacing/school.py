"""The classes of a school as rows: who works, what is mastered, who needs help, and how fresh that is.

Counted from the table of decisions, so that five thousand learners are one query and not five thousand boards. Nothing
here compares teachers: classes are in the order of the catalog.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrs.store.client import Store
from schemas.catalog import Catalog, Class
from schemas.days import DAY
from schemas.policy import Decision

WEEK = 7 * DAY

_RANKS = ", ".join(f"'{decision}'" for decision in Decision)
_STANDING = f"""
SELECT class, rank, count() FROM (
  SELECT class, learner, min(indexOf([{_RANKS}], toString(decision))) AS rank
  FROM decisions FINAL
  WHERE tenant = %(tenant)s AND class IN %(classes)s
  GROUP BY class, learner
)
GROUP BY class, rank
"""
_MASTERED = """
SELECT class, count() FROM decisions FINAL
WHERE tenant = %(tenant)s AND class IN %(classes)s
  AND decision = 'advance' AND since >= %(since)s AND last_time >= %(since)s
GROUP BY class
"""
_SEEN = "SELECT learner, last_seen FROM engagement FINAL WHERE tenant = %(tenant)s AND key = ''"
_UNTAUGHT = """
SELECT count() FROM observations FINAL
WHERE tenant = %(tenant)s AND outcome IS NOT NULL AND item != '' AND (empty(skills) OR provisional)
"""


def school_rows(store: Store, catalog: Catalog, tenant: str, classes: Sequence[Class], now: int) -> dict[str, Any]:
    """The rows of classes, and how many answers teach no skill, as JSON. `now` is µs since the epoch.

    Raises what Store.tuples raises.
    """
    asked = {"tenant": tenant, "classes": tuple(c.id for c in classes) or ("",), "since": now - WEEK}
    ranked, mastered, seen, untaught = store.together(
        [(_STANDING, asked), (_MASTERED, asked), (_SEEN, asked), (_UNTAUGHT, asked)]
    )
    order = list(Decision)
    standing: dict[str, dict[str, int]] = {}
    for class_, rank, learners in ranked:
        if rank:
            standing.setdefault(class_, {})[str(order[rank - 1])] = learners
    moved, last = dict(mastered), dict(seen)
    rows = []
    for c in classes:
        persons = {catalog.people.member(member) for member in c.learners}
        times = [last[person] for person in persons if last.get(person)]
        active = sum(time >= now - WEEK for time in times)
        counted = standing.get(c.id, {})
        unknown = len(persons) - sum(counted.values())  # nothing is decided of them yet
        rows.append(
            {
                "id": c.id,
                "name": c.name or c.id,
                "learners": len(persons),
                "active": active,
                "unseen": len(persons) - active,
                "mastered": moved.get(c.id, 0),
                "everybody": {str(d): counted.get(str(d), 0) + unknown * (d == Decision.UNKNOWN) for d in Decision},
                "last_seen": max(times, default=None),
            }
        )
    return {"rows": rows, "untaught": untaught[0][0]}
