"""The statements that were voided: a filter in memory says which may have been, the table says which were."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from lrs.record.id_filter import IdFilter, hash_columns, hashes
from lrs.store.client import Store

_OVERLAP = 20_000_000  # µs: far longer than a row takes from its stamp until it can be read
Key = tuple[str, str]  # tenant, the voided statement


class Void(NamedTuple):
    """A row of the table `voids`: which statement voids which, and where that one is in the log."""

    tenant: str
    target: str
    statement: str
    partition: int
    sequence: int


VOID_TYPES = {
    "tenant": "LowCardinality(String)",
    "target": "String",
    "statement": "String",
    "partition": "UInt32",
    "sequence": "UInt64",
}


class Voids:
    """Reads the table `voids`. Safe to use from many threads; keeps 2 bytes a void."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._filter = IdFilter()
        self._read_to = 0  # µs, of the table's own clock

    def follow(self) -> None:
        """Take in what was written since, whoever wrote it. Raises the store's errors."""
        with self._lock:
            columns = self._store.columns(
                f"SELECT {hash_columns('target')}, toUnixTimestamp64Micro(written) FROM voids "
                "WHERE written > fromUnixTimestamp64Micro({since:Int64})",
                {"since": max(0, self._read_to - _OVERLAP)},
            )
            if columns:
                ids = np.array(columns[:2], np.uint64).T
                self._filter.add(ids[~self._filter.may_hold(ids)])  # most of them were read before
                self._read_to = max(self._read_to, *columns[2])

    def maybe(self, ids: Sequence[str]) -> list[bool]:
        """For each statement whether it may have been voided, as far as was followed; False is certain."""
        return list(map(bool, self._filter.may_hold(hashes(ids)))) if ids else []

    def of(self, keys: Collection[Key]) -> dict[Key, Void]:
        """The void of each statement that was voided, as the table is now. Raises the store's errors."""
        self.follow()
        ordered = list(keys)
        possible = [key for key, may in zip(ordered, self.maybe([id_ for _, id_ in ordered]), strict=True) if may]
        if not possible:
            return {}
        void_rows = self._store.tuples(
            f"SELECT {', '.join(VOID_TYPES)} FROM voids WHERE (tenant, target) IN %(keys)s "
            "ORDER BY sequence, partition, statement",
            {"keys": possible},
        )
        return {(void.tenant, void.target): void for void in map(Void._make, void_rows)}
