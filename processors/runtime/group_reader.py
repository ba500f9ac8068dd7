"""Where a group reads on in each partition, and whether the log still holds it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from lrs.log import Log, Record, Truncated

_MOST = 1_000  # events that are read at a time
logger = logging.getLogger(__name__)


class _Log(Log, Protocol):
    def same(self, group: str, topic: str) -> None: ...


class GroupReader:
    """Follows a group through one topic. A record that the log no longer holds is an error, never skipped."""

    def __init__(self, log: _Log, group: str, topic: str) -> None:
        self._log = log
        self._group = group
        self._topic = topic
        self._committed: list[int] = []
        self._next: dict[int, int] = {}

    def begin(self) -> None:
        """Partitions were reassigned. Raises Truncated and Unavailable."""
        self._log.same(self._group, self._topic)
        self._log.partitions(self._topic, fresh=True)
        self._committed = self._log.reached(self._group, self._topic)
        self._next = {}

    def whole(self, records: Iterable[Record]) -> list[Record]:
        """The records, and before each those between it and what was read before. Raises Truncated, Unavailable.

        A consumer may skip records: one fetched while a rebalance began, in a partition without a committed position,
        is not fetched again. A transaction marker takes an offset, too, but is not a record.
        """
        found: list[Record] = []
        reached = dict(self._next)
        for record in records:
            wanted = reached.get(record.partition)
            if wanted is None:
                wanted = self._committed[record.partition] if record.partition < len(self._committed) else 0
            if record.position > wanted:
                found += self._between(record.partition, wanted, record.position)
            found.append(record)
            reached[record.partition] = record.position + 1
        return found

    def read(self, records: Iterable[Record]) -> None:
        """They are handled: what follows them is next."""
        for record in records:
            self._next[record.partition] = record.position + 1

    def _between(self, partition: int, start: int, end: int) -> list[Record]:
        self._held(partition, start, self._log.starts(self._topic)[partition])
        found: list[Record] = []
        while start < end and (records := self._log.partition(partition).read(self._topic, start, _MOST)):
            found += [record for record in records if record.position < end]
            start = records[-1].position + 1
        if found:
            logger.warning(
                "%s: %d records of partition %d were passed over, and are read now", self._group, len(found), partition
            )
        return found

    def look(self) -> dict[int, int]:
        """The next position of each partition that the group has not read to its end. Raises Truncated, Unavailable."""
        self._log.same(self._group, self._topic)
        starts, ends = self._log.starts(self._topic), self._log.ends(self._topic)
        reached = self._log.reached(self._group, self._topic)
        behind: dict[int, int] = {}
        # While partitions are added, one of the three may know more of them: the others do at the next look.
        for partition, (start, end, committed) in enumerate(zip(starts, ends, reached, strict=False)):
            wanted = max(committed, self._next.get(partition, 0))
            self._held(partition, wanted, start)
            if wanted > end:
                raise Truncated(
                    f"partition {partition} of {self._topic} ends at {end}, before {wanted}: it lost records"
                )
            if committed < end:
                behind[partition] = committed
        return behind

    def _held(self, partition: int, wanted: int, start: int) -> None:
        if wanted < start:
            raise Truncated(
                f"partition {partition} of {self._topic} no longer holds position {wanted}: it starts at {start}"
            )
