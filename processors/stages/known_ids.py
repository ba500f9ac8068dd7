"""Which statement ids may be stored already: a filter of each partition's ids, so that few are looked up.

A look-up of a random id costs ClickHouse a granule; asking here costs under a microsecond.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lrs.record.id_filter import IdFilter, hash_columns
from lrs.store.client import Store

_LOADED = 500_000  # ids that are read at a time


class KnownIds:
    """The ids that ClickHouse holds, by the partition that is their home, read when they are first asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._partitions: dict[int, IdFilter] = {}
        self._count = 0

    def forget(self) -> None:
        """Read again what is asked for next: others may have admitted meanwhile."""
        self._partitions.clear()

    def at_home_in(self, partition: int, count: int) -> IdFilter:
        """The ids whose home is `partition` of `count`. Raises the store's errors."""
        if count != self._count:
            self._partitions.clear()
            self._count = count
        if partition not in self._partitions:
            self._partitions[partition] = self._read(partition, count)
        return self._partitions[partition]

    def _read(self, partition: int, count: int) -> IdFilter:
        id_filter = IdFilter()
        after_row: tuple[Any, ...] = ("", -(2**63), 0, 0)
        while True:
            columns = self._store.columns(
                f"SELECT {hash_columns('id')}, tenant, stored, partition, sequence FROM statements "
                "WHERE (tenant, stored, partition, sequence) > %(after)s AND CRC32(id) %% %(count)s = %(partition)s "
                f"ORDER BY tenant, stored, partition, sequence LIMIT {_LOADED}",
                {"after": after_row, "count": count, "partition": partition},
            )
            if not columns:
                return id_filter
            high, low, *order = columns
            id_filter.add(np.array([high, low], np.uint64).T)
            after_row = tuple(column[-1] for column in order)
