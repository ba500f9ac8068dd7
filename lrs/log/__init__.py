"""The log: the only truth. Topics of records that are appended, read from a position, and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Record(NamedTuple):
    """A record that stands in the log. time is when it was appended, µs since the epoch."""

    position: int
    time: int
    key: str
    value: bytes


class Id(NamedTuple):
    """An id that the log holds at most once: a tenant's statement id, a lower-case UUID."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to append; count is how many events its bundle holds; ids must be new to the log."""

    key: str
    value: bytes
    count: int = 1
    ids: Sequence[Id] = ()


class Exists(Exception):
    """Some ids of an entry stand in the log already; nothing of the entry was appended."""

    def __init__(self, ids: dict[Id, tuple[int, int]]) -> None:
        super().__init__(f"{len(ids)} of the ids stand in the log already")
        self.ids = ids  # where each stands: (position, index in its bundle)


class Busy(Exception):
    """More waits to be appended than the log will hold in memory: try again shortly."""


class Full(Exception):
    """No room to append (the disk is full): nothing was appended; make room and try again."""


class Unavailable(Exception):
    """The log cannot be reached or written; nothing is known to have been appended."""


class Log(Protocol):
    """One log. Positions of a topic start at 0 and grow; a committed position is the next one to read."""

    def submit(self, topic: str, entry: Entry) -> Future[int]:
        """Append; the future gives the position once the record is durable.

        The future raises Exists, Full or Unavailable. Raises Busy at once.
        """

    def append(self, topic: str, entry: Entry) -> int:
        """Append and wait until it is durable. Raises Exists, Busy, Full, Unavailable."""

    def read(self, topic: str, start: int, most: int) -> list[Record]:
        """Records from position `start` on, until they hold `most` events or the topic ends (at least one record)."""

    def end(self, topic: str) -> int:
        """The position the next record will get, or a later one."""

    def at(self, topic: str, time: int) -> int:
        """The position of the first record appended at or after `time` (µs); the end if there is none."""

    def find(self, topic: str, key: Id) -> tuple[int, int] | None:
        """Where an id stands: (position, index in its bundle). None if it is not in the log, or not yet known."""

    def commit(self, group: str, topic: str, position: int) -> None:
        """Remember that `group` wants to read on from `position`."""

    def committed(self, group: str, topic: str) -> int:
        """Where `group` reads on: 0 at first."""

    def close(self) -> None:
        """Append what waits, then let go of everything."""
