"""Who was not seen for long, while the class works: one number of days, the policy's `stale_after`.

Whoever was never seen is new, not gone. Where fewer than half of a class were seen within that time, nobody counts: it
was on holiday.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lrs.pacing.saying import Says
from lrs.store.client import Store
from schemas.days import DAY

LAST_SEEN = """
SELECT learner, last_seen FROM engagement FINAL WHERE tenant = %(tenant)s AND key = '' AND learner IN %(learners)s
"""


def read_last_seen(store: Store, tenant: str, persons: Iterable[str]) -> dict[str, int]:
    """When persons were seen last (µs). Raises what Store.tuples raises."""
    return dict(store.tuples(LAST_SEEN, {"tenant": tenant, "learners": tuple(persons) or ("",)}))


def long_unseen(last_seen: Mapping[str, int], stale_after: float, now: int) -> dict[str, int]:
    """For how many whole days who of a class was not seen. last_seen: of everybody in it (µs), 0 for never."""
    limit = now - round(stale_after * DAY)
    if sum(last > limit for last in last_seen.values()) * 2 < len(last_seen):
        return {}
    return {who: whole_days(last, now) for who, last in last_seen.items() if 0 < last <= limit}


def whole_days(last: int, now: int) -> int:
    """The days since then, one at least: a policy may ask after hours."""
    return max(1, int((now - last) / DAY))


def say_unseen(days: int, says: Says) -> str:
    """That somebody was not seen for so long, to stand behind a name or a reason."""
    return says.plural("not seen for %(num)s day", "not seen for %(num)s days", days) % {"num": days}
