"""Whose observations arrive while tables are made beside the live ones: the topic of observations announces them."""

from __future__ import annotations

from collections.abc import Sequence

from lrs.log import Log
from processors.stages.who_is_who import TenantPerson
from schemas.envelope import Unreadable
from schemas.observation import decode_observations
from schemas.record import OBSERVATIONS

_ARRIVALS_READ = 5_000


class Arrivals:
    """Follows the topic. `ends`: from where, by partition."""

    def __init__(self, log: Log, ends: Sequence[int]) -> None:
        self._log = log
        self._next = list(ends)

    def announced(self) -> set[TenantPerson]:
        """The identities, and the persons, of whom something was announced since this was last asked. Raises the log's
        errors."""
        persons: set[TenantPerson] = set()
        self._log.partitions(OBSERVATIONS, fresh=True)
        ends = self._log.ends(OBSERVATIONS)
        self._next += [0] * (len(ends) - len(self._next))  # partitions that were added
        for number, end in enumerate(ends):
            while self._next[number] < end:
                records = self._log.partition(number).read(OBSERVATIONS, self._next[number], _ARRIVALS_READ)
                for record in records:
                    try:
                        bundle = decode_observations(record.value)
                    except Unreadable:  # a dead letter of the folds
                        continue
                    persons |= {(o.tenant, o.person) for o in bundle.observations}
                    persons |= {(tenant, person) for tenant, person in bundle.refold}
                self._next[number] = records[-1].position + 1 if records else end
        return persons
