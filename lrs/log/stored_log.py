"""The log as it is stored, for those who copy it and check it: every record with its checksum, and the index of ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from lrs.log import Damaged, Log, UniqueId
from lrs.log.chain import chained


class StoredRecord(msgspec.Struct, frozen=True, array_like=True):
    """A record as the log keeps it; `before` is the checksum of the one before it, which its own covers."""

    position: int
    time: int
    key: str
    events: int
    before: int
    checksum: int
    headers: tuple[tuple[str, bytes], ...]
    value: bytes

    @property
    def whole(self) -> bool:
        """Whether the bytes are those that were appended."""
        return self.checksum == chained(self.before, self.position, self.time, self.key, self.events, self.value)


class IdIndex(Protocol):
    """Where the ids of a topic are."""

    def is_whole(self) -> bool:
        """Whether it holds as many ids as the records, and the same. Raises Full and Unavailable."""

    def find(self, key: UniqueId) -> tuple[int, int] | None:
        """Where an id is: (position, index in its bundle); None where it holds no such id. Raises Unavailable."""


class StoredLog(Log, Protocol):
    """What every log says of how it is stored."""

    repair_advice: str  # how damaged records are put back

    def partition(self, number: int) -> StoredLog: ...

    def topics(self) -> list[str]:
        """The topics there are."""

    def epochs(self, topic: str) -> list[tuple[int, str, int]]:
        """Number, identity and first position of every epoch; none where the log has no epochs. Raises Unavailable."""

    def stored(self, topic: str, start: int, end: int) -> Iterator[StoredRecord]:
        """The records of the partition from `start` to before `end`. Raises Damaged, Truncated, Unavailable."""

    def damage(self, topic: str, start: int = 0) -> Iterator[Damaged]:
        """Every record of the partition from `start` on that cannot be read as it was appended. Raises Unavailable."""

    def keep_damage(self, damaged: Sequence[Damaged]) -> None:
        """Remember what a check of all topics found, in place of what was known before. Raises OSError."""

    def id_index(self, topic: str) -> IdIndex | None:
        """The index of the ids of a topic; None where the log has none."""
