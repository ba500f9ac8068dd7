"""Where a group reads on in each partition, and whether the log still holds it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import Protocol

from lrs.log import Log, Record, Truncated

_MOST_EVENTS_READ = 5_000  # events that are read at a time
logger = logging.getLogger(__name__)


class GroupPositions(Protocol):
    """Where a group reads on, whoever keeps that. Every method raises HALTING, and the errors of log and store."""

    def resume(self) -> dict[int, int]:
        """By partition; from the first record where it is not said."""

    def advance(self, records: Iterable[Record]) -> None:
        """All up to these records is handled."""

    def check(self) -> None:
        """See that log and tables are what they were. Raises TablesLost, too."""


class NamedTopics(Log, Protocol):
    """A log that remembers which topic a group has read."""

    def refuse_recreated(self, group: str, topic: str) -> None: ...

    def accept(self, group: str, topic: str) -> None: ...


class Committed:
    """The positions that Kafka keeps for a group: of a stage that writes to no table."""

    def __init__(self, log: NamedTopics, group: str, topic: str) -> None:
        self._log = log
        self._group = group
        self._topic = topic

    def resume(self) -> dict[int, int]:
        self.check()
        return dict(enumerate(self._log.reached(self._group, self._topic)))

    def advance(self, records: Iterable[Record]) -> None:
        """Nothing to keep: Faust acknowledges the records to Kafka."""

    def check(self) -> None:
        self._log.refuse_recreated(self._group, self._topic)


class GroupReader:
    """Follows a group through one topic. A record that the log no longer holds is an error, never skipped.

    Where a checkpoint and the position that Kafka keeps differ, the checkpoint counts: records that it vouches for are
    passed over, and those that it does not are read from the log.
    """

    def __init__(self, log: Log, group: str, topic: str, positions: GroupPositions) -> None:
        self._log = log
        self._group = group
        self._topic = topic
        self._positions = positions
        self._start: dict[int, int] = {}
        self._next: dict[int, int] = {}

    def begin(self) -> None:
        """Partitions were reassigned. Raises HALTING, TablesLost, and the errors of log and store."""
        self._log.partitions(self._topic, fresh=True)
        self._start = self._positions.resume()
        self._next = {}

    def unvouched(self, partitions: Iterable[int]) -> Iterator[list[Record]]:
        """What the group has passed in these partitions, and no checkpoint vouches for. Raises as `whole` does."""
        reached, starts = self._log.reached(self._group, self._topic), self._log.starts(self._topic)
        for partition in partitions:
            start, end = self._wanted(partition), reached[partition]
            if start < end:
                self._held(partition, start, starts[partition])
                logger.warning("%s: partition %d is read again from %d to %d", self._group, partition, start, end)
            yield from self._read(partition, start, end)

    def whole(self, records: Iterable[Record]) -> list[Record]:
        """The records, and before each those between it and what was read before. Raises Truncated, Unavailable.

        A consumer may skip records: one fetched while a rebalance began, in a partition without a committed position,
        is not fetched again. A transaction marker takes an offset, too, but is not a record. What was handled is left
        out.
        """
        without_gaps: list[Record] = []
        reached: dict[int, int] = {}
        for record in records:
            next_position = reached.get(record.partition, self._wanted(record.partition))
            if record.position < next_position:
                continue
            if record.position > next_position:
                without_gaps += self._between(record.partition, next_position, record.position)
            without_gaps.append(record)
            reached[record.partition] = record.position + 1
        return without_gaps

    def read(self, records: Iterable[Record]) -> None:
        """Note that records were handled: what follows them is next.

        Raises TablesLost, and the errors of log and store.
        """
        handled = list(records)
        self._positions.advance(handled)
        for record in handled:
            self._next[record.partition] = record.position + 1

    def _wanted(self, partition: int) -> int:
        return self._next.get(partition, self._start.get(partition, 0))

    def _between(self, partition: int, start: int, end: int) -> list[Record]:
        self._held(partition, start, self._log.starts(self._topic)[partition])
        passed_over = [record for records_read in self._read(partition, start, end) for record in records_read]
        if passed_over:
            logger.warning(
                "%s: %d records of partition %d were passed over, and are read now",
                self._group,
                len(passed_over),
                partition,
            )
        return passed_over

    def _read(self, partition: int, start: int, end: int) -> Iterator[list[Record]]:
        while start < end and (records := self._log.partition(partition).read(self._topic, start, _MOST_EVENTS_READ)):
            if records_before_end := [record for record in records if record.position < end]:
                yield records_before_end
            start = records[-1].position + 1

    def look(self) -> dict[int, int]:
        """The next position of each partition that the group has not read to its end.

        Raises HALTING, TablesLost, and the errors of log and store.
        """
        self._positions.check()
        starts, ends = self._log.starts(self._topic), self._log.ends(self._topic)
        reached = self._log.reached(self._group, self._topic)
        behind: dict[int, int] = {}
        # While partitions are added, one of the three may know more of them: the others do at the next look.
        for partition, (start, end, committed) in enumerate(zip(starts, ends, reached, strict=False)):
            next_position = max(committed, self._wanted(partition))
            self._held(partition, next_position, start)
            if next_position > end:
                raise Truncated(
                    f"partition {partition} of {self._topic} ends at {end}, before {next_position}: it lost records"
                )
            if committed < end:
                behind[partition] = committed
        return behind

    def _held(self, partition: int, next_position: int, start: int) -> None:
        if next_position < start:
            raise Truncated(
                f"partition {partition} of {self._topic} no longer holds position {next_position}: it starts at {start}"
            )
