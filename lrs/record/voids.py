"""The statements that were taken back, kept in memory beside the table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from typing import Any

from lrs.store.client import Store

_OVERLAP = 20_000_000  # µs: far longer than a row takes from its stamp until it can be read
Key = tuple[str, str]  # tenant, the voided statement
Row = tuple[Any, ...]  # tenant, target, voiding statement, partition, sequence


class Voids:
    """What is known of the table `voids`.

    Args:
        shared: whether other processes write to the table, too, so that it must be looked at again.
    """

    def __init__(self, store: Store, shared: bool) -> None:
        self._store = store
        self._shared = shared
        self._known: dict[Key, Row] | None = None
        self._written = 0

    def add(self, rows: Iterable[Row]) -> None:
        """Take in rows that were just written here. Raises the store's errors."""
        self._table().update(((row[0], row[1]), row) for row in rows)

    def known(self, keys: Iterable[Key]) -> list[Row]:
        """The voids of some statements that are known here. Raises the store's errors."""
        known = self._table()
        return [known[key] for key in keys if key in known]

    def look(self, keys: Iterable[Key]) -> list[Row]:
        """The voids of some statements that stand now, whoever wrote them. Raises the store's errors."""
        if self._shared:
            self._read()
        return self.known(keys)

    def all(self) -> Set[Key]:
        """Every statement that was taken back, as the table stands now. Raises the store's errors."""
        return self._read().keys()

    def forget(self) -> None:
        """Read the table anew."""
        self._known, self._written = None, 0

    def _table(self) -> dict[Key, Row]:
        return self._read() if self._known is None else self._known

    def _read(self) -> dict[Key, Row]:
        found: Sequence[Row] = self._store.tuples(
            "SELECT tenant, target, statement, partition, sequence, toUnixTimestamp64Micro(written) FROM voids "
            "WHERE written > fromUnixTimestamp64Micro({since:Int64})",
            {"since": max(0, self._written - _OVERLAP)},
        )
        if self._known is None:
            self._known = {}
        for *row, written in found:
            self._known[row[0], row[1]] = tuple(row)
            self._written = max(self._written, written)
        return self._known
