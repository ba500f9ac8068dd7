"""Which statement ids may stand already: a Bloom filter of each partition's ids, so that few are looked up.

A look-up of a random id costs ClickHouse a granule; asking here costs under a microsecond, and says "maybe" of an id
that does not stand once in some hundreds. Its memory is 2 bytes an id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from lrs.store.client import Store

_BITS = 16  # of an id
_PROBES = 4
_FIRST = 1 << 16  # ids that the first filter of a partition is made for; each further one is made for twice as many
_LOADED = 500_000  # ids that are read at a time
Hashes = npt.NDArray[np.uint64]


class Ids:
    """A set of ids that forgets nothing and may take an id for another: filters, each twice as large as the last."""

    def __init__(self) -> None:
        self._filters: list[npt.NDArray[np.uint8]] = []
        self._room = 0

    def add(self, ids: Hashes) -> None:
        """Take ids in (n × 2, see `hashes`)."""
        while len(ids):
            if not self._room:
                self._room = _FIRST << len(self._filters)
                self._filters.append(np.zeros(self._room * _BITS // 8, np.uint8))
            now, ids = ids[: self._room], ids[self._room :]
            byte, bit = _places(now, self._filters[-1])
            np.bitwise_or.at(self._filters[-1], byte, bit)
            self._room -= len(now)

    def maybe(self, ids: Hashes) -> npt.NDArray[np.bool_]:
        """For each id whether it may have been taken in; False is certain."""
        found = np.zeros(len(ids), np.bool_)
        for one in self._filters:
            byte, bit = _places(ids, one)
            found |= ((one[byte] & bit) != 0).all(axis=1)
        return found


class Seen:
    """The ids that stand in ClickHouse, by the partition that is their home, read when they are first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._partitions: dict[int, Ids] = {}
        self._count = 0

    def forget(self) -> None:
        """Read anew what is asked for next: others may have admitted meanwhile."""
        self._partitions.clear()

    def of(self, partition: int, count: int) -> Ids:
        """The ids whose home is `partition` of `count`. Raises the store's errors."""
        if count != self._count:
            self._partitions.clear()
            self._count = count
        if partition not in self._partitions:
            self._partitions[partition] = self._read(partition, count)
        return self._partitions[partition]

    def _read(self, partition: int, count: int) -> Ids:
        found = Ids()
        after: tuple[Any, ...] = ("", -(2**63), 0, 0)
        while True:
            rows = self._store.columns(
                "SELECT reinterpretAsUInt64(substring(UUIDStringToNum(id), 1, 8)),"
                " reinterpretAsUInt64(substring(UUIDStringToNum(id), 9, 8)), tenant, stored, partition, sequence "
                "FROM statements "
                "WHERE (tenant, stored, partition, sequence) > %(after)s AND CRC32(id) %% %(count)s = %(partition)s "
                f"ORDER BY tenant, stored, partition, sequence LIMIT {_LOADED}",
                {"after": after, "count": count, "partition": partition},
            )
            if not rows:
                return found
            found.add(np.array(rows[:2], np.uint64).T)
            after = tuple(column[-1] for column in rows[2:])


def hashes(ids: Sequence[str]) -> Hashes:
    """UUIDs as `Ids` takes them: n × 2, the halves of each."""
    raw = bytes.fromhex("".join(ids).replace("-", ""))
    return np.frombuffer(raw, np.uint64).reshape(-1, 2)


def _places(ids: Hashes, of: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    """Bytes and bits (n × probes) of a filter. Ids are mixed first, as not every UUID is random."""
    one, two = _mixed(ids[:, 0] ^ _mixed(ids[:, 1])), _mixed(ids[:, 1] + np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)
    steps: Hashes = np.arange(_PROBES, dtype=np.uint64)
    bits: Hashes = (one[:, None] + two[:, None] * steps) % np.uint64(len(of) * 8)
    return bits >> np.uint64(3), np.left_shift(1, bits & np.uint64(7)).astype(np.uint8)


def _mixed(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
