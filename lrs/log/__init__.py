"""The log: the only truth. Topics of records that are appended, read from a position, and never changed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from lrs.errors import Conflict, LostData, Transient
from schemas.envelope import UnknownVersion


class Record(NamedTuple):
    """A record of a partition of the log. time is when it was appended, µs since the epoch."""

    position: int
    time: int
    key: str
    value: bytes
    partition: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


class UniqueId(NamedTuple):
    """An id that the log holds at most once: a tenant's statement id, a lower-case UUID."""

    tenant: str
    id: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A record to append; count is how many events its bundle holds; ids must be new to the log.

    headers: those of a record of Kafka; the embedded log keeps none.
    """

    key: str
    value: bytes
    count: int = 1
    ids: Sequence[UniqueId] = ()
    headers: tuple[tuple[str, bytes], ...] = ()


class Exists(Conflict):
    """The log holds some ids of an entry already; nothing of the entry was appended."""

    def __init__(self, ids: dict[UniqueId, tuple[int, int]]) -> None:
        super().__init__(f"the log holds {len(ids)} of the ids already")
        self.ids = ids  # where each is: (position, index in its bundle)


class Busy(Transient):
    """More waits to be appended than the log will hold in memory: try again shortly."""


class Unavailable(Transient):
    """The log cannot be reached or written; nothing is known to have been appended."""


class Truncated(LostData):
    """The log held what was asked for and does no more: reading on would skip records."""


class OtherLog(LostData):
    """The log lacks what was read of it and acted on: an older copy, or another. Reading on would skip records."""


class Damaged(LostData):
    """A record that the log holds and cannot be read as it was appended. What lies after it can be read."""

    def __init__(self, topic: str, position: int, reason: str, ids: Sequence[UniqueId] = ()) -> None:
        super().__init__(f"position {position} of {topic} is damaged: {reason}")
        self.topic, self.position, self.reason = topic, position, reason
        self.ids = list(ids)  # what the record held, where that is known


class DamagedFile(LostData):
    """A page of the log's file cannot be read that belongs to no one record."""


class NotUnderstood(LostData):
    """A record that a newer release wrote, or that is none of ours: what is known without it is wrong."""


HALTING: tuple[type[Exception], ...] = (LostData, UnknownVersion)
"""What trying again does not help: reading on would pass over records. A stage stops there, and says why."""


def record_at(log: Log, topic: str, position: int) -> Record:
    """The record at a position of the partition. Raises Damaged where readers pass over it, and as Log.read."""
    records = log.read(topic, position, 1)
    if not records or records[0].position != position:
        raise Damaged(topic, position, "it cannot be read, and is passed over")
    return records[0]


def home_partition(key: str, partitions: int) -> int:
    """The partition of a key where there are so many."""
    return zlib.crc32(key.encode()) % partitions


class Log(Protocol):
    """The log's interface.

    A topic has partitions, each a sequence of its own: positions start at 0 and grow within a partition.

    A log reads and commits one partition (the first, unless `partition` chose another) and appends to all of them. A
    committed position is the next one to read. The embedded log has one partition. `Entry.ids` are seen to be new by
    an IndexedLog alone.
    """

    def partitions(self, topic: str, fresh: bool = False) -> int:
        """How many partitions a topic has; more may be added, which is known in seconds, or at once with `fresh`.

        Raises Unavailable.
        """

    def partition_of(self, topic: str, key: str) -> int:
        """The partition that records of this key go to. Raises Unavailable."""

    def partition(self, number: int) -> Log:
        """The same log, reading and committing another partition. Closed with this one."""

    def submit(self, topic: str, entry: Entry, partition: int | None = None) -> Future[int]:
        """Append to a partition (by default the key's); the future gives the position once the record is durable.

        The future raises Exists, Full or Unavailable. Raises Busy or Unavailable at once.
        """

    def append(self, topic: str, entry: Entry) -> int:
        """Append and wait until it is durable. Raises Exists, Busy, Full, Unavailable."""

    def read(self, topic: str, start: int, most: int) -> list[Record]:
        """Records from position `start` on, until they hold `most` events or the topic ends (at least one record).

        A damaged record that somebody decided to leave out is passed over: what is at a position gives `record_at`.
        Raises Truncated when `start` is not between what the partition still holds and its end, Damaged when the record
        at `start` is not as it was appended (then read on from the next position), and Unavailable.
        """

    def end(self, topic: str) -> int:
        """The position the next record will get, or a later one. Raises Unavailable."""

    def starts(self, topic: str) -> list[int]:
        """The first position that each partition still holds, in one look. Raises Unavailable."""

    def ends(self, topic: str) -> list[int]:
        """The end of each partition, in one look. Raises Unavailable."""

    def at(self, topic: str, time: int) -> int:
        """The position of the first record appended at or after `time` (µs); the end if none. Raises Unavailable."""

    def identity(self, topic: str) -> str:
        """The log's identity; a topic that is created again has another one. Raises Unavailable."""

    def checksum_before(self, topic: str, position: int) -> int | None:
        """The checksum of what lies before a position of the partition; None if the log does not hold that.

        Where it is another than it was, the records before this position are others than those that were read.
        Embedded, it covers all of them; on Kafka the one before. Raises Unavailable.
        """

    def checksum_after(self, topic: str, record: Record) -> int:
        """What `checksum_before` gives for the position after a record that was just read here. Raises Unavailable."""

    def commit(self, group: str, topic: str, position: int) -> None:
        """Remember that `group` wants to read on from `position`. Raises Full, Unavailable."""

    def committed(self, group: str, topic: str) -> int:
        """Where `group` reads on: 0 at first. Raises Unavailable."""

    def reached(self, group: str, topic: str) -> list[int]:
        """Where `group` reads on in each partition, in one look. Raises Unavailable."""

    def close(self) -> None:
        """Append what waits, then let go of everything."""


class IndexedLog(Log, Protocol):
    """A log of one partition that knows the ids of its entries, and refuses an entry with one that it holds already."""

    def find(self, topic: str, key: UniqueId) -> tuple[int, int] | None:
        """Where an id is: (position, index in its bundle). None if the log does not hold it. Raises Unavailable."""

    def stored_before(self, topic: str, position: int) -> int:
        """The latest time that an event before a position has, and none from there on ever will (µs; 0: none).

        While nothing is appended it is now. Only the process that appends may ask. The time of an event is its
        record's, and a µs more for each one before it in its bundle. Raises Unavailable.
        """
