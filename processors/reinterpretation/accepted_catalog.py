"""With which catalog a statement was accepted: the log says it, in the head of the statement's record."""

from __future__ import annotations

from lrs.log import Log
from processors.reinterpretation.differences import Row
from schemas.record import INDEX_BITS, STATEMENTS, Bundle

SKEW = 60_000_000  # µs by which the clocks of whoever appends may differ


class Accepted:
    """Looks up catalog positions.

    Args:
        again: position and time (µs) of the last change that had all of the past read again, if one did: what was
            stored well before it was accepted with an earlier catalog, and needs no look.
    """

    def __init__(self, log: Log, again: tuple[int, int] | None) -> None:
        self._log = log
        self._again = again
        self._last: tuple[tuple[int, int], int] | None = None  # partition and position, and what it says

    def __call__(self, row: Row) -> int:
        """The position of the catalog that a statement is read with. Raises the log's errors."""
        if self._again is not None and row.stored < self._again[1] - SKEW:
            return self._again[0]
        at = (row.partition, row.sequence >> INDEX_BITS)
        last = self._last  # once: several threads ask
        if last is None or last[0] != at:
            [record] = self._log.partition(at[0]).read(STATEMENTS, at[1], 1)
            last = self._last = (at, Bundle.decode(record.value).catalog)
        return last[1]
