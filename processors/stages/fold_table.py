"""The table of one fold: learners' rows, and in each learner's own row what the fold goes on from."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from lrs.store import projections
from lrs.store.client import Store
from processors.stages.fold_mark import FoldMark
from processors.stages.refold import FoldRow
from processors.stages.shared_reading import FoldedLearner, SharedReading
from processors.stages.tenant_folds import TenantFolds
from processors.stages.who_is_who import PeopleByTenant, TenantPerson

_mark_decoder = msgspec.json.Decoder(FoldMark)


class PresentRows(NamedTuple):
    """A learner's rows as the table has them, and their versions."""

    rows: dict[str, FoldRow]
    versions: dict[str, int]


class _StoredRow(NamedTuple):
    """A row of a fold's table, deleted ones included: `state` and `resolved` in base64, `mark` as JSON."""

    tenant: str
    learner: str
    key: str
    version: int
    state: str
    mark: str
    resolved: str
    deleted: int


class FoldTable:
    """Reads and writes a fold's table. Every method but those that make rows raises the store's errors."""

    def __init__(
        self, store: Store, folds: TenantFolds, shared: SharedReading, table: str, live: str | None = None
    ) -> None:
        """`table` is written; `live` is a table whose rows count as well, under those of `table`."""
        self._store = store
        self._shared = shared
        self._folds = folds
        self._table = table
        self._tables = [table, live] if live else [table]
        self._columns = projections.fold_columns(folds.fold)

    def rows(
        self, learner: TenantPerson, fold_rows: Iterable[FoldRow], folded: FoldedLearner, version: int
    ) -> list[FoldRow]:
        """Rows of a fold as the table has them."""
        mark = msgspec.json.encode(folded.mark).decode()
        own, other = (mark, b64encode(folded.resolver.dump()).decode()), ("", "")
        return [
            (*learner, key, b64encode(state).decode(), *columns, *(other if key else own), version, 0)
            for key, state, *columns in fold_rows
        ]

    def tombstones(self, learner: TenantPerson, keys: Iterable[str], mark: FoldMark, version: int) -> list[FoldRow]:
        """What replaces rows that are no more. The learner's own keeps the mark: whatever comes later must win."""
        empty = [_zero(type_) for _, type_ in self._columns[4:-4]]
        encoded_mark = msgspec.json.encode(mark).decode()
        return [(*learner, key, "", *empty, "" if key else encoded_mark, "", version, 1) for key in keys]

    def write(self, fold_rows: Sequence[FoldRow]) -> None:
        """Write rows: written twice they count once."""
        if fold_rows:
            columns = list(zip(*fold_rows, strict=True))
            self._store.insert(self._table, [c[0] for c in self._columns], [c[1] for c in self._columns], columns)

    def columns_of(self, fold_rows: Iterable[FoldRow], names: Sequence[str]) -> Iterator[FoldRow]:
        """Some columns of rows."""
        columns = [column for column, _ in self._columns]
        return map(itemgetter(*map(columns.index, names)), fold_rows)

    def load(self, learners: Sequence[TenantPerson], people: PeopleByTenant) -> dict[TenantPerson, FoldedLearner]:
        """What the fold goes on from, of each of the learners."""
        loaded: dict[TenantPerson, FoldedLearner] = {}
        stored_rows = map(
            _StoredRow._make, self._latest(["key", "version", "state", "mark", "resolved", "deleted"], learners)
        )
        for (tenant, name), rows in groupby(stored_rows, key=lambda row: (row.tenant, row.learner)):
            learner_rows = list(rows)
            fold = self._folds.of(tenant)
            own = next((row for row in learner_rows if row.key == ""), None)  # the learner's own row
            mark = self._mark(tenant) if own is None else _mark_decoder.decode(own.mark)
            present = [(row.key, b64decode(row.state)) for row in learner_rows if not row.deleted]
            state = fold.restore(present) if present else fold.start()
            resolved = "" if own is None or own.deleted else own.resolved
            resolver = self._shared.restore((tenant, name), b64decode(resolved), people[tenant].idle)
            loaded[tenant, name] = FoldedLearner(state, mark, resolver, version=own.version if own else 0)
        for learner in learners:
            if learner not in loaded:
                loaded[learner] = self._start(learner, people)
        return loaded

    def _start(self, learner: TenantPerson, people: PeopleByTenant) -> FoldedLearner:
        """A learner of whom nothing is known."""
        tenant = learner[0]
        resolver = self._shared.restore(learner, b"", people[tenant].idle)
        return FoldedLearner(self._folds.of(tenant).start(), self._mark(tenant), resolver)

    def _mark(self, tenant: str) -> FoldMark:
        return FoldMark(made_with=self._folds.version(tenant))

    def present(self, learners: Sequence[TenantPerson]) -> Mapping[TenantPerson, PresentRows]:
        """The learners' rows."""
        column_names = [f"`{name}`" for name in self._folds.fold.columns]
        rows_by_learner: dict[TenantPerson, PresentRows] = {}
        for tenant, learner, deleted, version, key, state, *columns in self._latest(
            ["deleted", "version", "key", "state", *column_names], learners
        ):
            if not deleted:
                of = rows_by_learner.setdefault((tenant, learner), PresentRows({}, {}))
                of.rows[key], of.versions[key] = (key, b64decode(state), *columns), version
        return rows_by_learner

    def versions(self, learners: Sequence[TenantPerson]) -> dict[TenantPerson, dict[str, int]]:
        """The keys of the learners' rows, and their versions."""
        versions_by_learner: dict[TenantPerson, dict[str, int]] = {}
        for tenant, learner, key, version, deleted in self._latest(["key", "version", "deleted"], learners):
            if not deleted:
                versions_by_learner.setdefault((tenant, learner), {})[key] = version
        return versions_by_learner

    def _latest(self, columns: Sequence[str], learners: Sequence[TenantPerson]) -> list[FoldRow]:
        """(tenant, learner, *columns) of the last row of each key, of deleted ones, too."""
        if not learners:
            return []
        selected = ", ".join(dict.fromkeys(["tenant", "learner", "key", "version", *columns]))
        of = "WHERE (tenant, learner) IN %(learners)s"
        rows_of_tables = " UNION ALL ".join(f"SELECT {selected} FROM {table} {of}" for table in self._tables)
        return self._store.tuples(
            f"SELECT tenant, learner, {', '.join(columns)} FROM ({rows_of_tables}) "
            "ORDER BY tenant, learner, key, version DESC LIMIT 1 BY tenant, learner, key",
            {"learners": list(learners)},
        )


def own_versions(fold_rows: Iterable[FoldRow]) -> Iterator[tuple[TenantPerson, int]]:
    """Of rows as the table has them, each learner's own: the learner and the version."""
    for tenant, learner, key, *_, version, _deleted in fold_rows:
        if key == "":
            yield (tenant, learner), version


def _zero(type_: str) -> Any:
    if type_.startswith(("String", "LowCardinality(String")):
        return ""
    if type_.startswith("Array"):
        return []
    if type_.startswith("Nullable"):
        return None
    return 0.0 if "Float" in type_ else 0
