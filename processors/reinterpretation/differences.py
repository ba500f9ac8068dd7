"""Statements of the record read again: which of their observations become others, written to a table beside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import orjson

from lrs.store.client import Store
from processors.reinterpretation.touched import Touched
from processors.stages import observation_table
from processors.stages.admit import observe
from processors.stages.observation_table import FIELDS, TYPES, TYPES_OF_ROWS
from processors.stages.statement_table import insert
from schemas.catalog import Catalog
from schemas.record import Origin

CHUNK = 10_000  # statements that are read at a time
MOST_SHIFTS = 10_000  # kinds of differences that are counted apart
_COLUMNS = "id, partition, sequence, stored, statement"
_LISTS = [index for index, type_ in enumerate(TYPES.values()) if type_.startswith("Array")]
_FIELDS = len(TYPES)
_INDEX = {name: index for index, name in enumerate(TYPES)}
_STATEMENT, _MOVED, _ITEM, _SKILLS = (_INDEX[name] for name in ("statement", "moved", "item", "skills"))
_KEY = [_INDEX[name] for name in ("person", "time", "statement", "ordinal")]

Progress = Callable[[int, int], None]  # statements read, of how many
_Values = tuple[Any, ...]


class Row(NamedTuple):
    """A statement of the record."""

    id: str
    partition: int
    sequence: int
    stored: int
    statement: str


class Shift(NamedTuple):
    """What an item's answers were read as teaching, and are now."""

    item: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(slots=True)
class Differences:
    """How many statements were read again and how many observations became others, whose (by identity), and how."""

    statements: int = 0
    observations: int = 0
    learners: set[str] = field(default_factory=set)
    shifts: Counter[Shift] = field(default_factory=Counter)


class Stopped(Exception):
    """The process is to end."""


@dataclass(frozen=True, slots=True)
class Reinterpreter:
    """How a tenant's statements are read again.

    Args:
        catalog_of: the catalog that a statement is read with.
        version: of the rows that are written.
        table: like that of observations, beside it.
        partitioned: whether statements may have been admitted in another partition than their own.
        stopped: asked between chunks; ends it with Stopped.
    """

    store: Store
    tenant: str
    catalog_of: Callable[[Row], Catalog]
    version: int
    table: str
    partitioned: bool = False
    stopped: Callable[[], bool] = lambda: False

    def read(self, touched: Touched, progress: Progress = lambda done, of: None) -> Differences:
        """Read again what is concerned. Raises Stopped, and the store's errors."""
        found = Differences()
        total, chunks = self._chunks(touched)
        for chunk in chunks:
            if self.stopped():
                raise Stopped
            self._compare(chunk, found)
            found.statements += len(chunk)
            progress(found.statements, total)
        return found

    def _chunks(self, touched: Touched) -> tuple[int, Iterator[list[Row]]]:
        [[total]] = self.store.tuples("SELECT count() FROM statements WHERE tenant = %(t)s", {"t": self.tenant})
        if not touched.everything:
            ids = touched.statements(self.store, self.tenant)
            if len(ids) * 4 < total or not ids:
                return len(ids), self._some(ids)
        return total, self._all()

    def _some(self, ids: Sequence[str]) -> Iterator[list[Row]]:
        for start in range(0, len(ids), CHUNK):
            rows = self.store.tuples(
                f"SELECT {_COLUMNS} FROM statements WHERE tenant = %(tenant)s AND id IN %(ids)s AND voids = '' "
                "LIMIT 1 BY id",
                {"tenant": self.tenant, "ids": list(ids[start : start + CHUNK])},
            )
            yield [Row(*row) for row in rows]

    def _all(self) -> Iterator[list[Row]]:
        after = (-(2**63), 0, 0)
        while True:
            rows = self.store.tuples(
                f"SELECT {_COLUMNS} FROM statements "
                "WHERE tenant = %(tenant)s AND (stored, partition, sequence) > %(after)s "
                f"ORDER BY stored, partition, sequence LIMIT 1 BY stored, partition, sequence LIMIT {CHUNK}",
                {"tenant": self.tenant, "after": after},
            )
            if not rows:
                return
            yield [Row(*row) for row in rows]
            after = (rows[-1][3], rows[-1][1], rows[-1][2])

    def _compare(self, chunk: Sequence[Row], found: Differences) -> None:
        if not chunk:
            return
        ids = [row.id for row in chunk]
        present = self._present(chunk, ids)
        voided = {
            row[0]
            for row in self.store.tuples(
                "SELECT target FROM voids WHERE tenant = %(tenant)s AND target IN %(ids)s",
                {"tenant": self.tenant, "ids": ids},
            )
        }
        rows: list[_Values] = []
        for row in chunk:
            if row.id in voided:
                continue
            before = present.get(row.id, {})
            try:
                after = self._read(row, before)
            except Exception:  # noqa: BLE001 - whatever its own bytes cause: it is a dead letter, and stays so
                continue
            for key, values in after.items():
                old = before.get(key)
                if old != values:
                    rows.append((*values, self.version, 0))
                    self._count(found, old, values)
            for key, old in before.items():
                if key not in after:
                    rows.append((*old, self.version, 1))
                    self._count(found, old, None)
        insert(self.store, self.table, TYPES_OF_ROWS, rows)

    def _present(self, chunk: Sequence[Row], ids: list[str]) -> dict[str, dict[_Values, _Values]]:
        """The live observations of statements, by statement and key."""
        sequences = [row.sequence for row in chunk]
        last: dict[_Values, tuple[tuple[int, int], _Values]] = {}
        for row in self.store.tuples(
            f"SELECT {FIELDS}, version, deleted FROM observations WHERE tenant = %(tenant)s "
            "AND sequence BETWEEN %(first)s AND %(last)s AND statement IN %(ids)s",
            {"tenant": self.tenant, "first": min(sequences), "last": max(sequences), "ids": ids},
        ):
            values = list(row[:_FIELDS])
            for index in _LISTS:
                values[index] = tuple(values[index])
            key, version = tuple(row[index] for index in _KEY), (row[-2], row[-1])
            if key not in last or version > last[key][0]:
                last[key] = (version, tuple(values))
        found: dict[str, dict[_Values, _Values]] = {}
        for key, ((_, deleted), kept) in last.items():
            if not deleted:
                found.setdefault(kept[_STATEMENT], {})[key] = kept
        return found

    def _read(self, row: Row, before: dict[_Values, _Values]) -> dict[_Values, _Values]:
        moved = any(values[_MOVED] for values in before.values()) if before else self.partitioned
        origin = Origin(row.partition, row.sequence, row.stored)
        found: dict[_Values, _Values] = {}
        for o in observe(orjson.loads(row.statement), self.catalog_of(row), self.tenant, origin, moved):
            values = msgspec.structs.astuple(o)
            found[tuple(values[index] for index in _KEY)] = values
        return found

    def _count(self, found: Differences, old: _Values | None, new: _Values | None) -> None:
        known = new or old
        assert known is not None
        found.observations += 1
        found.learners.add(known[_KEY[0]])
        shift = Shift(known[_ITEM], old[_SKILLS] if old else (), new[_SKILLS] if new else ())
        if shift in found.shifts or len(found.shifts) < MOST_SHIFTS:
            found.shifts[shift] += 1


def version_of(position: int) -> int:
    """The version of rows that are read again because of the changes up to a position."""
    return observation_table.read_again(position)[0]
