"""Where a group reads on in each lane, and whether the log still holds it."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from lrs.log import Log, Record, Truncated

_MOST = 1_000  # events that are read at a time
logger = logging.getLogger(__name__)


class _Log(Log, Protocol):
    def same(self, group: str, topic: str) -> None: ...


class Reading:
    """Follows a group through one topic. A record that the log no longer holds is told, never skipped."""

    def __init__(self, log: _Log, group: str, topic: str) -> None:
        self._log = log
        self._group = group
        self._topic = topic
        self._committed: list[int] = []
        self._next: dict[int, int] = {}

    def begin(self) -> None:
        """Lanes were assigned anew. Raises Truncated and Unavailable."""
        self._log.same(self._group, self._topic)
        self._log.lanes(self._topic, fresh=True)
        self._committed = self._log.reached(self._group, self._topic)
        self._next = {}

    def whole(self, records: Iterable[Record]) -> list[Record]:
        """The records, and before each what stands between it and what was read before. Raises Truncated, Unavailable.

        A consumer may pass over records: one that was fetched while a rebalance began, in a lane that has no committed
        position yet, is not sought again. A transaction's mark takes a place, too, and is no record.
        """
        found: list[Record] = []
        reached = dict(self._next)
        for record in records:
            wanted = reached.get(record.lane)
            if wanted is None:
                wanted = self._committed[record.lane] if record.lane < len(self._committed) else 0
            if record.position > wanted:
                found += self._between(record.lane, wanted, record.position)
            found.append(record)
            reached[record.lane] = record.position + 1
        return found

    def read(self, records: Iterable[Record]) -> None:
        """They are handled: what follows them is next."""
        for record in records:
            self._next[record.lane] = record.position + 1

    def _between(self, lane: int, start: int, end: int) -> list[Record]:
        self._held(lane, start, self._log.starts(self._topic)[lane])
        found: list[Record] = []
        while start < end and (records := self._log.lane(lane).read(self._topic, start, _MOST)):
            found += [record for record in records if record.position < end]
            start = records[-1].position + 1
        if found:
            logger.warning(
                "%s: %d records of lane %d were passed over, and are read now", self._group, len(found), lane
            )
        return found

    def look(self) -> dict[int, int]:
        """The lanes that hold more than the group has read, and where it reads on. Raises Truncated and Unavailable."""
        self._log.same(self._group, self._topic)
        starts, ends = self._log.starts(self._topic), self._log.ends(self._topic)
        behind: dict[int, int] = {}
        for lane, committed in enumerate(self._log.reached(self._group, self._topic)):
            wanted = max(committed, self._next.get(lane, 0))
            self._held(lane, wanted, starts[lane])
            if wanted > ends[lane]:
                raise Truncated(f"lane {lane} of {self._topic} ends at {ends[lane]}, before {wanted}: it lost records")
            if committed < ends[lane]:
                behind[lane] = committed
        return behind

    def _held(self, lane: int, wanted: int, start: int) -> None:
        if wanted < start:
            raise Truncated(f"position {wanted} no longer stands in lane {lane} of {self._topic}: it starts at {start}")
