"""The tables of names against the log: what statements call learners, teachers, agents and activities.

Both are cut into parts by the same hash of the key, so that a row is looked for on both sides: one that is missing, one
that says something else, and one that no statement gives.
"""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from random import randrange
from typing import Any, NamedTuple

import orjson

from lrs.catalog.catalogs import Catalogs
from lrs.errors import LostData
from lrs.log import Log
from lrs.record.completion import add_times
from lrs.store.client import Store
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.log_records import log_records
from lrs.verification.readers import still_wrong
from processors.meaning.interpret import learners
from processors.stages.said_names import SaidNames
from schemas.catalog import Catalog
from schemas.envelope import Unreadable
from schemas.record import STATEMENTS, Bundle, StoredFirst, position_of

IDS = 5_000  # asked for at a time
MOST_ROWS = 100_000  # of a part: bounds the memory it takes
WAIT_SECONDS = 30.0  # for what is just being written
_SEQUENCE = (1 << 64) - 1
_PARTITION = (1 << 12) - 1

_Key = tuple[str, ...]
_Said = dict[_Key, tuple[int, str]]  # by the key of the row: its version, and what it says


class _Table(NamedTuple):
    """Columns of the key, what is hashed being the second; the column that says something; and what a row is."""

    name: str
    unit: str
    keys: tuple[str, ...]
    says: str
    names: Callable[[_Key], str]  # a row, without personal data


_TABLES = (
    _Table("learners", "learners", ("tenant", "learner", "person"), "name", lambda key: f"a learner of {key[0]}"),
    _Table(
        "teachers", "rows", ("tenant", "class", "teacher"), "name", lambda key: f"a teacher of {key[1]} of {key[0]}"
    ),
    _Table("names", "rows", ("tenant", "agent", "name"), "name", lambda key: f"an agent of {key[0]}"),
    _Table(
        "definitions",
        "rows",
        ("tenant", "activity", "part", "key"),
        "value",
        lambda key: f"{key[2]} {key[3]}".strip() + f" of {key[1]} of {key[0]}",
    ),
)


_Wrong = dict[tuple[_Table, _Key], str]  # the rows that are not what the log says, and why


class _Part(NamedTuple):
    """The keys whose hash leaves `number` when divided by `of`."""

    number: int
    of: int

    def holds(self, key: str) -> bool:
        return crc32(key.encode()) % self.of == self.number

    def halves(self) -> tuple[_Part, _Part]:
        return _Part(self.number, 2 * self.of), _Part(self.number + self.of, 2 * self.of)


class _Logged(NamedTuple):
    bundle: Bundle
    item: int
    origin: StoredFirst  # but for its time


def verify_names(log: Log, store: Store, sample: int | None, progress: CheckProgress) -> list[VerifyFinding]:
    """Compare the rows of a sample of learners, classes, agents and activities (None: all). Raises Transient, Refused.

    What a statement says counts once the statement is in `statements`, which is another check.
    """
    return _NameCheck(log, store, sample, progress).verify()


class _NameCheck:
    def __init__(self, log: Log, store: Store, sample: int | None, progress: CheckProgress) -> None:
        self._log = log
        self._store = store
        self._whole = sample is None
        self._progress = progress
        self._catalogs = Catalogs(log)
        self._catalogs.follow()
        self._waiting = {table: self._parts(table, sample) for table in _TABLES}
        self._findings = {
            table: VerifyFinding(table.name, table.unit, advice="`lrs rebuild` makes the tables again from the log")
            for table in _TABLES
        }

    def verify(self) -> list[VerifyFinding]:
        while parts := {table: waiting.pop() for table, waiting in self._waiting.items() if waiting}:

            def look(before: _Wrong, parts: dict[_Table, _Part] = parts) -> _Wrong:
                now = self._wrong({table: parts[table] for table, _ in before}, first=False)
                return {row: why for row, why in now.items() if row in before}

            wrong = still_wrong(self._wrong(parts, first=True), look, WAIT_SECONDS)
            for (table, key), why in sorted(wrong.items(), key=lambda item: (item[0][0].name, item[0][1])):
                self._findings[table].add(f"{table.names(key)}: {why}")
        return list(self._findings.values())

    def _parts(self, table: _Table, sample: int | None) -> list[_Part]:
        [[rows, keys]] = self._store.tuples(f"SELECT count(), uniqExact(tenant, {table.keys[1]}) FROM {table.name}", {})
        if sample is None:
            count = 1 + rows // MOST_ROWS
            return [_Part(number, count) for number in range(count)]
        count = max(1, keys // sample)
        return [_Part(randrange(count), count)]

    def _wrong(self, parts: dict[_Table, _Part], first: bool) -> _Wrong:
        """The rows that are not what the log says, and why. `parts` that turn out to be too large are halved."""
        ends = self._log.ends(STATEMENTS)
        said = self._said(parts, first)
        wrong: _Wrong = {}
        for table, part in parts.items():
            served, logged = self._served(table, part), said[table]
            for key in served.keys() | logged.keys():
                why = _difference(served.get(key), logged.get(key))
                if why and not (key in served and self._is_unknown(table, key[0], served[key][0], ends)):
                    wrong[table, key] = why
            if first:
                looked_at = len(
                    {key[:2] for key in served.keys() | logged.keys()}
                    if table.unit == "learners"
                    else served.keys() | logged.keys()
                )
                self._findings[table].checked += looked_at
                self._progress(table.name, looked_at)
        return wrong

    def _said(self, parts: dict[_Table, _Part], first: bool) -> dict[_Table, _Said]:
        said: dict[_Table, _Said] = {table: {} for table in parts}
        statements = (
            logged for logged in self._logged() if any(True for _ in self._rows(logged, logged.origin, parts))
        )
        while chunk := list(islice(statements, IDS)):
            for logged, origin in self._admitted(chunk):
                for table, key, version, value in self._rows(logged, origin, parts):
                    if version > said[table].get(key, (-1, ""))[0]:
                        said[table][key] = version, value
            for table in parts:
                while len(said[table]) > MOST_ROWS and parts[table].of < 1 << 30:
                    parts[table], other = parts[table].halves()
                    if self._whole and first:
                        self._waiting[table].append(other)
                    said[table] = {key: row for key, row in said[table].items() if parts[table].holds(key[1])}
        return said

    def _logged(self) -> Iterator[_Logged]:
        for number, record in log_records(self._log, STATEMENTS):
            try:
                bundle = Bundle.decode(record.value)
            except Unreadable:
                continue  # a dead letter
            for index in range(len(bundle.ids)):
                yield _Logged(bundle, index, bundle.origin(index, number, record.position, 0))

    def _admitted(self, chunk: Sequence[_Logged]) -> Iterator[tuple[_Logged, StoredFirst]]:
        """Those that are in the record, and where and when they were stored: no dead letters and no repetitions."""
        rows = self._store.tuples(
            "SELECT DISTINCT tenant, partition, sequence, stored FROM statements WHERE (tenant, id) IN %(ids)s",
            {"ids": list({(logged.bundle.tenant, logged.bundle.ids[logged.item]) for logged in chunk})},
        )
        stored = {(tenant, partition, sequence): at for tenant, partition, sequence, at in rows}
        for logged in chunk:
            at = stored.get((logged.bundle.tenant, logged.origin.partition, logged.origin.sequence))
            if at is not None:
                yield logged, logged.origin._replace(stored=at)

    def _rows(
        self, logged: _Logged, origin: StoredFirst, parts: Mapping[_Table, _Part]
    ) -> Iterator[tuple[_Table, _Key, int, str]]:
        """What a statement says, of some parts of the tables: table, key, version, value."""
        bundle, names = logged.bundle, SaidNames()
        catalog = Catalog() if self._is_reread(bundle) else self._catalogs.at(bundle.tenant, bundle.catalog)
        try:
            raw = bundle.statements[logged.item]
            statement: dict[str, Any] = orjson.loads(raw)
            add_times(raw, statement, origin.stored)
            names.add(statement, catalog, bundle.tenant, origin, learners(statement), bundle.defines)
        except Exception:  # noqa: BLE001 - a dead letter, whatever its bytes cause
            return
        rows = names.rows()
        for table, part in parts.items():
            for *key_and_value, version in rows[table.name]:
                key = tuple(key_and_value[: len(table.keys)])
                if part.holds(key[1]):
                    yield table, key, version, key_and_value[-1]

    def _served(self, table: _Table, part: _Part) -> _Said:
        rows = self._store.tuples(
            f"SELECT {', '.join(f'`{key}`' for key in table.keys)}, version, {table.says} FROM {table.name} FINAL "
            f"WHERE CRC32({table.keys[1]}) %% %(of)s = %(number)s",
            part._asdict(),
        )
        return {tuple(key): (version, said) for *key, version, said in rows}

    def _is_reread(self, bundle: Bundle) -> bool:
        """Whether it is read by a later catalog than when it was admitted: who teaches where was not said again."""
        return self._catalogs.reinterpreted_at(bundle.tenant, bundle.catalog) is not None

    def _is_unknown(self, table: _Table, tenant: str, version: int, ends: Sequence[int]) -> bool:
        """Whether the statement that gave a row cannot be asked: appended meanwhile, damaged, or read otherwise now."""
        partition, position = version >> 64 & _PARTITION, position_of(version & _SEQUENCE)
        if partition >= len(ends):
            return False
        if ends[partition] <= position:
            return position < self._log.ends(STATEMENTS)[partition]
        try:
            record = self._log.partition(partition).read(STATEMENTS, position, 1)[0]
            bundle = Bundle.decode(record.value)
        except LostData:
            return True
        except Unreadable:
            return False
        return record.position != position or (table.name == "teachers" and self._is_reread(bundle))


def _difference(served: tuple[int, str] | None, logged: tuple[int, str] | None) -> str:
    """What is wrong with a row; "" if nothing is. Which statement said it last is not compared, but what it said."""
    if served is None:
        return "the table does not say what statements do"
    if logged is None:
        return "no statement says what the table does"
    return "" if served[1] == logged[1] else "statements say something else than the table does"
