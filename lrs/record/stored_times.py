"""When statements were stored: it follows from the log alone, so a rebuild gives the same.

Of a record it is the log's own time of it, but later than every statement of the record before it in that partition;
of its i-th statement i microseconds more.
"""

from __future__ import annotations

from typing import Protocol

from lrs.log import Log, Record
from lrs.record.least_stored import read_least_stored
from lrs.store.client import Store
from schemas.envelope import Unreadable
from schemas.log_records import LeastStored
from schemas.record import STATEMENTS, Bundle, index_of, position_of, sequence

_STORED_READ = 1_000


class StoredTimes(Protocol):
    """Gives the time (µs) at which the first statement of each record was stored."""

    def of(self, record: Record, statements: int) -> int: ...


class RecordTimes:
    """Where the log's own times grow by the statements of each record, as those of the embedded one do."""

    def of(self, record: Record, statements: int) -> int:
        return record.time


class PartitionTimes:
    """Where the log's times may stand still or go back, as Kafka's do: follows each partition that is read.

    Where it has not read what lies before a record, it begins at the last statement of the partition that ClickHouse
    holds, and reads on from there. Where somebody accepted a log that lacks what lay before, it begins after what was
    kept of that.
    """

    def __init__(self, log: Log, store: Store) -> None:
        self._log = log
        self._store = store
        self._followed: dict[int, tuple[int, int]] = {}  # by partition: the next position, and the last time given
        self._least: dict[int, list[LeastStored]] = {}

    def of(self, record: Record, statements: int) -> int:
        position, last = self._followed.get(record.partition, (-1, 0))
        if position != record.position:
            self._least = read_least_stored(self._log)
            last = self._last_before(record.partition, record.position)
        return self._give(record, statements, last)

    def _give(self, record: Record, statements: int, last: int) -> int:
        kept = [one.after for one in self._least.get(record.partition, ()) if one.position <= record.position]
        stored = max(record.time, last + 1, *(after + 1 for after in kept))
        self._followed[record.partition] = (record.position + 1, stored + max(1, statements) - 1)
        return stored

    def _last_before(self, partition: int, position: int) -> int:
        log = self._log.partition(partition)
        start, last = self._known_before(partition, position)
        start = max(start, self._log.starts(STATEMENTS)[partition])
        while start < position and (records := log.read(STATEMENTS, start, _STORED_READ)):
            for record in records:
                if record.position >= position:
                    return last
                self._give(record, _statement_count(record), last)
                start, last = self._followed[partition]
        return last

    def _known_before(self, partition: int, position: int) -> tuple[int, int]:
        """A record whose time is known, as a position, and the time that has to lie before it."""
        statement_rows = self._store.tuples(
            "SELECT max(sequence) AS last, argMax(stored, sequence) FROM statements "
            "WHERE partition = {partition:UInt32} AND sequence < {before:UInt64} HAVING count() > 0",
            {"partition": partition, "before": sequence(position, 0)},
        )
        if not statement_rows:
            return 0, 0
        [(last, stored)] = statement_rows
        return position_of(last), stored - index_of(last) - 1


def _statement_count(record: Record) -> int:
    try:
        return len(Bundle.decode(record.value).ids)
    except Unreadable:
        return 1
