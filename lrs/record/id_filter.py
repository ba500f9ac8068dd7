"""Which ids may be in a set: Bloom filters, 2 bytes an id. "No" is certain, "maybe" is wrong once in some hundreds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_ID_BITS = 16
_PROBES_PER_ID = 4
_FIRST_FILTER_IDS = 1 << 16  # ids that the first filter is made for; each further one is made for twice as many
Hashes = npt.NDArray[np.uint64]


class IdFilter:
    """A set of ids that forgets nothing and may take an id for another: filters, each twice as large as the last."""

    def __init__(self) -> None:
        self._filters: list[npt.NDArray[np.uint8]] = []
        self._room = 0

    def add(self, ids: Hashes) -> None:
        """Add ids (n × 2, see `hashes`)."""
        while len(ids):
            if not self._room:
                self._room = _FIRST_FILTER_IDS << len(self._filters)
                self._filters.append(np.zeros(self._room * _ID_BITS // 8, np.uint8))
            now, ids = ids[: self._room], ids[self._room :]
            byte, bit = _probes(now, self._filters[-1])
            np.bitwise_or.at(self._filters[-1], byte, bit)
            self._room -= len(now)

    def may_hold(self, ids: Hashes) -> npt.NDArray[np.bool_]:
        """For each id whether it may have been added; False is certain."""
        maybe = np.zeros(len(ids), np.bool_)
        for bloom_filter in self._filters:
            byte, bit = _probes(ids, bloom_filter)
            maybe |= ((bloom_filter[byte] & bit) != 0).all(axis=1)
        return maybe


def hashes(ids: Sequence[str]) -> Hashes:
    """UUIDs as `IdFilter` wants them: n × 2, the halves of each."""
    raw = bytes.fromhex("".join(ids).replace("-", ""))
    return np.frombuffer(raw, np.uint64).reshape(-1, 2)


def hash_columns(column: str) -> str:
    """The hashes of a column of UUIDs, as two columns of SQL."""
    return (
        f"reinterpretAsUInt64(substring(UUIDStringToNum({column}), 1, 8)), "
        f"reinterpretAsUInt64(substring(UUIDStringToNum({column}), 9, 8))"
    )


def _probes(ids: Hashes, of: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint8]]:
    """Bytes and bits (n × probes) of a filter. Ids are mixed first, as not every UUID is random."""
    hash1, two = _mixed(ids[:, 0] ^ _mixed(ids[:, 1])), _mixed(ids[:, 1] + np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)
    steps: Hashes = np.arange(_PROBES_PER_ID, dtype=np.uint64)
    bits: Hashes = (hash1[:, None] + two[:, None] * steps) % np.uint64(len(of) * 8)
    return bits >> np.uint64(3), np.left_shift(1, bits & np.uint64(7)).astype(np.uint8)


def _mixed(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea and Flood 2014)."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
