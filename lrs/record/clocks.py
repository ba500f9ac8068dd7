"""Senders whose clock is off: what they sent has timestamps later than when it was stored, or before 1990.

Such statements are read as of when they were stored (see processors.meaning.event_time), and never refused.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from lrs.store.client import Store

_OFF = """
SELECT credential, uniqExact(id) AS off, uniqExact(o.whose), min(o.ahead), max(o.ahead), max(stored), argMax(id, stored)
FROM (
  SELECT id, credential, stored FROM statements
  WHERE tenant = %(tenant)s AND id IN (
    SELECT statement FROM observations FINAL WHERE tenant = %(tenant)s AND sent IS NOT NULL
  )
  LIMIT 1 BY id
) AS s
INNER JOIN (
  SELECT statement, person AS whose, assumeNotNull(sent) - time AS ahead FROM observations FINAL
  WHERE tenant = %(tenant)s AND sent IS NOT NULL
) AS o ON o.statement = s.id
GROUP BY credential ORDER BY off DESC, credential
"""


class ClockOff(NamedTuple):
    """A credential whose statements' timestamps could not be believed; times and differences in µs.

    A difference is by how much the sender was ahead of the store, and negative where it was behind.
    """

    credential: str
    statements: int
    learners: int
    least: int
    most: int
    last_time: int  # when the last of them was stored, since the epoch
    example: str  # id of the last

    @property
    def ahead(self) -> str:
        """The differences as days, hours and minutes."""
        least, most = _shown_difference(self.least), _shown_difference(self.most)
        return least if least == most else f"{least} to {most}"


def clocks_off(store: Store, tenant: str) -> list[ClockOff]:
    """The tenant's senders whose clock is off, most statements first. Raises the store's errors."""
    return [ClockOff(*sender_row) for sender_row in store.tuples(_OFF, {"tenant": tenant})]


def _shown_difference(difference: int) -> str:
    span = str(timedelta(seconds=abs(difference) // 1_000_000))
    return f"-{span}" if difference < 0 else span
