"""Statements of the record read again: which of their observations become others, written to a table beside."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
import orjson

from lrs.store.client import Store
from processors.reinterpretation.touched import Touched
from processors.reinterpretation.two_at_a_time import overlap
from processors.stages import observation_table
from processors.stages.admit import observe
from processors.stages.fold_mark import BEFORE_ALL
from processors.stages.observation_table import FIELDS, TYPES, TYPES_OF_ROWS
from processors.stages.statement_table import insert_rows
from schemas.catalog import Catalog
from schemas.observation import Order
from schemas.record import StoredFirst

CHUNK = 10_000  # statements that are read at a time
MOST_SKILLS_CHANGES = 10_000  # kinds of differences that are counted apart
_READ_COLUMNS = "id, partition, sequence, stored, statement"
_LIST_COLUMNS = [index for index, type_ in enumerate(TYPES.values()) if type_.startswith("Array")]
_COLUMN_INDEX = {name: index for index, name in enumerate(TYPES)}
_STATEMENT, _MOVED, _ITEM, _SKILLS = (_COLUMN_INDEX[name] for name in ("statement", "moved", "item", "skills"))
_observation_key = itemgetter(*(_COLUMN_INDEX[name] for name in ("person", "time", "statement", "ordinal")))
_PERSON, _TIME, _SENT, _ORDINAL = (_COLUMN_INDEX[name] for name in ("person", "time", "sent", "ordinal"))
_LAST_ORDER: Order = (2**63 - 1, 2**63 - 1, "", 0)

RereadProgress = Callable[[int, int], None]  # statements read, of how many
_Values = tuple[Any, ...]


class RecordedStatement(NamedTuple):
    """A statement of the record."""

    id: str
    partition: int
    sequence: int
    stored: int
    statement: str


class SkillsChange(NamedTuple):
    """What an item's answers were read as teaching, and are now."""

    item: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(slots=True)
class ObservationDifferences:
    """How many statements were read again and how many observations became others, whose (by identity), and how.

    first: the first that became another, by identity, of those of whom that is known.
    """

    statements: int = 0
    observations: int = 0
    learners: set[str] = field(default_factory=set)
    first: dict[str, Order] = field(default_factory=dict)
    skills_changes: Counter[SkillsChange] = field(default_factory=Counter)

    def count(self, old: _Values | None, new: _Values | None) -> None:
        """Count an observation that became another, appeared, or is no more."""
        values = new or old
        assert values is not None
        identity = values[_PERSON]
        self.observations += 1
        self.learners.add(identity)
        order = min(_observation_order(observation) for observation in (old, new) if observation)
        if order < self.first.get(identity, _LAST_ORDER):
            self.first[identity] = order
        change = SkillsChange(values[_ITEM], old[_SKILLS] if old else (), new[_SKILLS] if new else ())
        if change in self.skills_changes or len(self.skills_changes) < MOST_SKILLS_CHANGES:
            self.skills_changes[change] += 1

    def add_unknown_differences(self, learners: set[str]) -> None:
        """More observations of these became others, and nobody knows which."""
        self.learners |= learners
        for learner in learners:
            self.first[learner] = BEFORE_ALL


class StopAsked(Exception):
    """The process is to end."""


@dataclass(frozen=True, slots=True)
class Reinterpreter:
    """How a tenant's statements are read again.

    Args:
        catalog_of: the catalog that a statement is read with.
        version: of the rows that are written.
        table: like that of observations, beside it.
        partitioned: whether statements may have been admitted in another partition than their own.
        stopped: asked between chunks; ends it with StopAsked.
    """

    store: Store
    tenant: str
    catalog_of: Callable[[RecordedStatement], Catalog]
    version: int
    table: str
    partitioned: bool = False
    stopped: Callable[[], bool] = lambda: False

    def read(self, touched: Touched, progress: RereadProgress = lambda done, of: None) -> ObservationDifferences:
        """Read again what is concerned. Raises StopAsked, and the store's errors."""
        differences = ObservationDifferences()
        total, chunks = self._chunks(touched)
        counting = threading.Lock()

        def compare(chunk: Sequence[RecordedStatement]) -> None:
            if self.stopped():
                raise StopAsked
            became = self._compare(chunk)
            with counting:
                for old, new in became:
                    differences.count(old, new)
                differences.statements += len(chunk)
                progress(differences.statements, total)

        overlap(compare, chunks)
        return differences

    def _chunks(self, touched: Touched) -> tuple[int, Iterator[list[RecordedStatement]]]:
        [[total]] = self.store.tuples("SELECT count() FROM statements WHERE tenant = %(t)s", {"t": self.tenant})
        if not touched.everything:
            ids = touched.statements(self.store, self.tenant)
            if len(ids) * 4 < total or not ids:
                return len(ids), self._some(ids)
        return total, self._all()

    def _some(self, ids: Sequence[str]) -> Iterator[list[RecordedStatement]]:
        for start in range(0, len(ids), CHUNK):
            rows = self.store.tuples(
                f"SELECT {_READ_COLUMNS} FROM statements WHERE tenant = %(tenant)s AND id IN %(ids)s AND voids = '' "
                "LIMIT 1 BY id",
                {"tenant": self.tenant, "ids": list(ids[start : start + CHUNK])},
            )
            yield [RecordedStatement(*row) for row in rows]

    def _all(self) -> Iterator[list[RecordedStatement]]:
        after = (-(2**63), 0, 0)
        while True:
            rows = self.store.tuples(
                f"SELECT {_READ_COLUMNS} FROM statements "
                "WHERE tenant = %(tenant)s AND (stored, partition, sequence) > %(after)s "
                f"ORDER BY stored, partition, sequence LIMIT 1 BY stored, partition, sequence LIMIT {CHUNK}",
                {"tenant": self.tenant, "after": after},
            )
            if not rows:
                return
            recorded = [RecordedStatement(*row) for row in rows]
            yield recorded
            after = (recorded[-1].stored, recorded[-1].partition, recorded[-1].sequence)

    def _compare(self, chunk: Sequence[RecordedStatement]) -> list[tuple[_Values | None, _Values | None]]:
        """Write what observations of statements became; gives each as it was and as it is."""
        if not chunk:
            return []
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
        became: list[tuple[_Values | None, _Values | None]] = []
        for row in chunk:
            if row.id in voided:
                continue
            before = present.get(row.id, {})
            try:
                after = self._read(row, before)
            except Exception:  # noqa: BLE001 - what cannot be read is a dead letter already; reading again does not change that
                continue
            for key, values in after.items():
                old = before.get(key)
                if old != values:
                    rows.append((*values, self.version, 0))
                    became.append((old, values))
            for key, old in before.items():
                if key not in after:
                    rows.append((*old, self.version, 1))
                    became.append((old, None))
        insert_rows(self.store, self.table, TYPES_OF_ROWS, rows)
        return became

    def _present(self, chunk: Sequence[RecordedStatement], ids: list[str]) -> dict[str, dict[_Values, _Values]]:
        """The live observations of statements, by statement and key."""
        sequences = [row.sequence for row in chunk]
        last: dict[_Values, tuple[tuple[int, int], _Values]] = {}
        for *fields, version, deleted in self.store.tuples(
            f"SELECT {FIELDS}, version, deleted FROM observations WHERE tenant = %(tenant)s "
            "AND sequence BETWEEN %(first)s AND %(last)s AND statement IN %(ids)s",
            {"tenant": self.tenant, "first": min(sequences), "last": max(sequences), "ids": ids},
        ):
            for index in _LIST_COLUMNS:
                fields[index] = tuple(fields[index])
            key = _observation_key(fields)
            if key not in last or (version, deleted) > last[key][0]:
                last[key] = ((version, deleted), tuple(fields))
        by_statement: dict[str, dict[_Values, _Values]] = {}
        for key, ((_, deleted), last_values) in last.items():
            if not deleted:
                by_statement.setdefault(last_values[_STATEMENT], {})[key] = last_values
        return by_statement

    def _read(self, row: RecordedStatement, before: dict[_Values, _Values]) -> dict[_Values, _Values]:
        moved = any(values[_MOVED] for values in before.values()) if before else self.partitioned
        origin = StoredFirst(row.partition, row.sequence, row.stored)
        observations: dict[_Values, _Values] = {}
        for o in observe(orjson.loads(row.statement), self.catalog_of(row), self.tenant, origin, moved):
            values = msgspec.structs.astuple(o)
            observations[_observation_key(values)] = values
        return observations


def _observation_order(values: _Values) -> Order:
    """The order of folding of an observation."""
    time, sent = values[_TIME], values[_SENT]
    return (time, time if sent is None else sent, values[_STATEMENT], values[_ORDINAL])


def reread_version(position: int) -> int:
    """The version of rows that are read again because of the changes up to a position."""
    return observation_table.version_after(position)[0]
