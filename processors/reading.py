"""Where a group reads on in each lane, and whether the log still holds it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from lrs.log import Log, Record, Truncated


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

    def check(self, records: Iterable[Record]) -> None:
        """Whether records follow what was read before. Raises Truncated and Unavailable."""
        for record in records:
            wanted = self._next.get(record.lane)
            if wanted is None:
                wanted = self._committed[record.lane] if record.lane < len(self._committed) else 0
            if record.position > wanted:  # a transaction's mark takes a place, too, so look
                self._held(record.lane, wanted, self._log.starts(self._topic)[record.lane])
            self._next[record.lane] = record.position + 1

    def look(self) -> bool:
        """Whether more stands in the topic than the group has read. Raises Truncated and Unavailable."""
        self._log.same(self._group, self._topic)
        starts, ends = self._log.starts(self._topic), self._log.ends(self._topic)
        behind = False
        for lane, committed in enumerate(self._log.reached(self._group, self._topic)):
            wanted = max(committed, self._next.get(lane, 0))
            self._held(lane, wanted, starts[lane])
            if wanted > ends[lane]:
                raise Truncated(f"lane {lane} of {self._topic} ends at {ends[lane]}, before {wanted}: it lost records")
            behind = behind or committed < ends[lane]
        return behind

    def _held(self, lane: int, wanted: int, start: int) -> None:
        if wanted < start:
            raise Truncated(f"position {wanted} no longer stands in lane {lane} of {self._topic}: it starts at {start}")
