"""With which catalog a statement was accepted: the log says it, in the head of the statement's record."""

from __future__ import annotations

from lrs.log import Log, record_at
from lrs.store.client import Store
from processors.reinterpretation.observation_differences import RecordedStatement
from schemas.record import STATEMENTS, Bundle, position_of

SKEW = 60_000_000  # µs by which the clocks of whoever appends may differ


class AcceptedCatalog:
    """Looks up catalog positions.

    Args:
        last_reread: position and time (µs) of the last change after which all earlier statements were read again, if
            there is one. What was stored well before it was accepted with an earlier catalog, and needs no look.
    """

    def __init__(self, log: Log, last_reread: tuple[int, int] | None) -> None:
        self._log = log
        self._last_reread = last_reread
        self._last: tuple[tuple[int, int], int] | None = None  # partition and position, and what it says

    def __call__(self, row: RecordedStatement) -> int:
        """The position of the catalog that a statement is read with. Raises the log's errors."""
        if self._last_reread is not None and row.stored < self._last_reread[1] - SKEW:
            return self._last_reread[0]
        at = (row.partition, position_of(row.sequence))
        last = self._last  # once: several threads ask
        if last is None or last[0] != at:
            last = self._last = (at, _catalog_in(self._log, *at))
        return last[1]


def first_accepted(log: Log, store: Store, tenant: str) -> tuple[int, int]:
    """Where the catalog ended when a tenant's first statement was accepted, and when that was stored (µs); zeros
    without statements. Raises the log's errors and the store's."""
    firsts = store.tuples(
        "SELECT partition, min(sequence), min(stored) FROM statements WHERE tenant = %(t)s GROUP BY partition",
        {"t": tenant},
    )
    catalogs = [_catalog_in(log, partition, position_of(sequence)) for partition, sequence, _ in firsts]
    return min(catalogs, default=0), min((stored for _, _, stored in firsts), default=0)


def _catalog_in(log: Log, partition: int, position: int) -> int:
    record = record_at(log.partition(partition), STATEMENTS, position)
    return Bundle.decode(record.value).catalog
