"""The table of statements against the log: each statement is in it, once, as the log has it, and nothing else is."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from lrs.errors import LostData
from lrs.log import Log
from lrs.record.completion import add_times
from lrs.record.stored_times import StoredTimes
from lrs.store.client import Store
from lrs.verification.finding import CheckProgress, VerifyFinding
from lrs.verification.log_records import chunks, log_records
from lrs.verification.readers import still_wrong
from processors.meaning.interpret import learners, why_nothing
from processors.meaning.vocabulary.row import Nothing
from processors.stages.statement_table import STATEMENT_TYPES, StatementRow, statement_row
from schemas.envelope import Unreadable
from schemas.record import DEAD_LETTERS, STATEMENTS, Bundle, StoredFirst, decode_dead_letter, index_of, position_of
from schemas.record import sequence as sequence_of

IDS = 5_000  # asked for at a time
WAIT_SECONDS = 30.0  # for what is just being written
_OF_NO_RECORD = "no record of the log has it"
_PLACES = "SELECT DISTINCT tenant, id, partition, sequence FROM statements WHERE (tenant, id) IN %(ids)s"
_ROWS = f"SELECT {', '.join(STATEMENT_TYPES)} FROM statements WHERE (tenant, id) IN %(ids)s"
_OF_PARTITION = "FROM statements FINAL WHERE partition = %(partition)s AND sequence"
_COUNT = f"SELECT count() {_OF_PARTITION} BETWEEN %(first)s AND %(last)s"
_ORDERED = f"""
SELECT tenant, id, sequence, stored {_OF_PARTITION} <= %(last)s
AND (sequence, stored, tenant) > (%(first)s, %(stored)s, %(tenant)s)
ORDER BY sequence, stored, tenant LIMIT {IDS}
"""
_BEYOND = f"SELECT tenant, id, partition, sequence {_OF_PARTITION} > %(last)s ORDER BY sequence DESC LIMIT {IDS}"
_ELSEWHERE = f"SELECT tenant, id, partition, sequence FROM statements WHERE partition >= %(partitions)s LIMIT {IDS}"


class _Place(NamedTuple):
    """A statement, and where the log, or a row, says it was stored first."""

    tenant: str
    id: str
    partition: int
    sequence: int

    def __str__(self) -> str:
        return (
            f"statement {self.id} of {self.tenant} (partition {self.partition}, position {position_of(self.sequence)})"
        )


_Rows = dict[tuple[str, str], set[_Place]]  # by tenant and id
_Absent = list[tuple[_Place, tuple[int, int]]]  # and the partition and position of the record that has it


class _Logged(NamedTuple):
    """A statement of a record, and where and when it was stored first."""

    bundle: Bundle
    item: int
    origin: StoredFirst
    partition: int  # of the record
    position: int

    @property
    def record(self) -> tuple[int, int]:
        return self.partition, self.position

    @property
    def is_moved(self) -> bool:
        """Whether it was stored first in another record."""
        return (self.origin.partition, position_of(self.origin.sequence)) != self.record

    @property
    def place(self) -> _Place:
        return _Place(self.bundle.tenant, self.bundle.ids[self.item], self.origin.partition, self.origin.sequence)


def verify_statements(
    log: Log, store: Store, ends: Sequence[int], times: StoredTimes, sample: int | None, progress: CheckProgress
) -> VerifyFinding:
    """Every statement that the log held when `ends` were taken is in `statements`, or a dead letter; of a sample (None:
    of all) every column is compared; and every row is of a statement of the log.

    Raises Transient, Refused, LostData.
    """
    return _StatementCheck(log, store, ends).verify(times, sample, progress)


class _StatementCheck:
    def __init__(self, log: Log, store: Store, ends: Sequence[int]) -> None:
        self._log = log
        self._store = store
        self._ends = ends
        self._finding = VerifyFinding(
            "statements", "statements", advice="`lrs rebuild` makes the tables again from the log"
        )

    def verify(self, times: StoredTimes, sample: int | None, progress: CheckProgress) -> VerifyFinding:
        [[stored]] = self._store.tuples("SELECT count() FROM statements", {})
        share = 1.0 if sample is None else sample / max(stored, 1)
        absent: _Absent = []
        in_place: Counter[int] = Counter()  # by partition
        for chunk in chunks(self._logged(times), IDS):
            rows = self._rows([logged.place for logged in chunk])
            absent += [(logged.place, logged.record) for logged in chunk if self._lacks(rows, logged.place)]
            there = [logged for logged in chunk if logged.place in rows.get(logged.place[:2], ())]
            in_place.update(logged.partition for logged in there if not logged.is_moved)
            self._compare([logged for logged in there if random.random() < share])
            self._finding.checked += len(chunk)
            progress(self._finding.check, len(chunk))
        self._add_absent(absent)
        for number in range(len(self._ends)):
            self._add_surplus(number, in_place[number])
        for row in self._store.tuples(_ELSEWHERE, {"partitions": len(self._ends)}):
            self._add(_Place(*row), _OF_NO_RECORD)
        return self._finding

    def _logged(self, times: StoredTimes) -> Iterator[_Logged]:
        for number, record in log_records(self._log, STATEMENTS, self._ends):
            try:
                bundle = Bundle.decode(record.value)
            except Unreadable:
                times.of(record, 1)
                continue  # a dead letter
            stored = times.of(record, len(bundle.ids))
            for item in range(len(bundle.ids)):
                origin = bundle.origin(item, number, record.position, stored)
                yield _Logged(bundle, item, origin, number, record.position)

    def _rows(self, places: Sequence[_Place]) -> _Rows:
        """Where the table has these statements."""
        rows: _Rows = {}
        found = self._store.tuples(_PLACES, {"ids": list({place[:2] for place in places})})
        for place in map(_Place._make, found):
            rows.setdefault(place[:2], set()).add(place)
        return rows

    def _lacks(self, rows: _Rows, place: _Place) -> bool:
        """Whether a statement is in the table neither there, nor where the log has another copy of it."""
        its = rows.get(place[:2], set())
        return place not in its and not any(map(self._is_logged, its))

    def _is_logged(self, place: _Place) -> bool | None:
        """Whether the log holds the statement at the position in its row; None if the record cannot be read."""
        if place.partition >= len(self._ends):
            return False
        position = position_of(place.sequence)
        try:
            records = self._log.partition(place.partition).read(STATEMENTS, position, 1)
            if not records or records[0].position != position:
                return False
            bundle = Bundle.decode(records[0].value)
        except LostData:
            return None
        except Unreadable:
            return False
        return bundle.tenant == place.tenant and bundle.ids[index_of(place.sequence) :][:1] == [place.id]

    def _compare(self, chosen: Sequence[_Logged]) -> None:
        """Compare every column of the rows of statements."""
        if not chosen:
            return
        rows: dict[_Place, list[tuple[int, tuple[Any, ...]]]] = {}  # each with when it says that it was stored
        for row in self._store.tuples(_ROWS, {"ids": list({logged.place[:2] for logged in chosen})}):
            named = dict(zip(STATEMENT_TYPES, row, strict=True))
            rows.setdefault(_Place(*(named[name] for name in _Place._fields)), []).append(
                (named["stored"], _plain(row))
            )
        for logged in chosen:
            try:
                expected = _plain(row_of(logged.bundle, logged.item, logged.origin))
            except Exception:  # noqa: BLE001 - whatever its bytes cause: then there should be none
                self._add(logged.place, "it cannot be read, but has a row")
                continue
            its = rows.get(logged.place, [])
            of_its_time = [row for stored, row in its if stored == logged.origin.stored]  # others are rows too many
            if wrong := [row for row in of_its_time or [row for _, row in its] if row != expected]:
                named_columns = zip(STATEMENT_TYPES, wrong[0], expected, strict=True)
                differing = ", ".join(name for name, served, logged_value in named_columns if served != logged_value)
                self._add(logged.place, f"its row says something else than the log ({differing})")

    def _add_absent(self, absent: _Absent) -> None:
        """Name what is still not there. On Kafka it may have been sent on to the partition of its id."""

        def look(before: _Absent) -> _Absent:
            return self._without_dead_letters(
                [
                    one
                    for some in chunks(before, IDS)
                    for rows in [self._rows([place for place, _ in some])]
                    for one in some
                    if self._lacks(rows, one[0])
                ]
            )

        for place, _ in still_wrong(self._without_dead_letters(absent), look, WAIT_SECONDS):
            self._add(place, "it is not in the table")

    def _without_dead_letters(self, absent: _Absent) -> _Absent:
        """Those that no dead letter accounts for; one of a record accounts for one of its statements."""
        if not absent:
            return []
        dead_letters: Counter[tuple[int, int]] = Counter()
        for _, record in log_records(self._log, DEAD_LETTERS):
            dead_letter = decode_dead_letter(record.value)
            if dead_letter.topic == STATEMENTS:
                dead_letters[dead_letter.partition, dead_letter.position] += 1
        lost = []
        for place, record_place in absent:
            if dead_letters[record_place]:
                dead_letters[record_place] -= 1
            else:
                lost.append((place, record_place))
        return lost

    def _add_surplus(self, partition: int, in_place: int) -> None:
        """Name the rows of a partition that are of no statement of the log, where there are more rows than those."""
        first, end = self._log.starts(STATEMENTS)[partition], self._ends[partition]
        bounds = {"partition": partition, "first": sequence_of(first, 0), "last": sequence_of(end, 0) - 1}
        [[rows]] = self._store.tuples(_COUNT, bounds)
        if rows > in_place:

            def look(before: list[tuple[_Place, int]]) -> list[tuple[_Place, int]]:
                now = set(self._surplus(bounds))
                return [one for one in before if one in now]

            for place, _ in still_wrong(list(self._surplus(bounds)), look, WAIT_SECONDS):
                self._add(place, _OF_NO_RECORD)
        beyond = [_Place(*row) for row in self._store.tuples(_BEYOND, bounds)]
        end = self._log.ends(STATEMENTS)[partition]  # asked for last: some may have been appended meanwhile
        for place in beyond:
            if position_of(place.sequence) >= end:
                self._add(place, _OF_NO_RECORD)

    def _surplus(self, bounds: dict[str, int]) -> Iterator[tuple[_Place, int]]:
        """Rows of no statement of the log, and second ones of one, with when they say that it was stored."""
        after: dict[str, Any] = {"first": bounds["first"], "stored": -1, "tenant": ""}
        seen = None
        while rows := self._store.tuples(_ORDERED, bounds | after):
            for tenant, id_, sequence, stored in rows:
                place = _Place(tenant, id_, bounds["partition"], sequence)
                if place == seen or self._is_logged(place) is False:
                    yield place, stored
                seen = place
            tenant, _, sequence, stored = rows[-1]
            after = {"first": sequence, "stored": stored, "tenant": tenant}

    def _add(self, place: _Place, why: str) -> None:
        self._finding.add(f"{place}: {why}")


def row_of(bundle: Bundle, item: int, origin: StoredFirst) -> StatementRow:
    """The row that a statement of the log has. Raises whatever its bytes cause."""
    raw = bundle.statements[item]
    statement: dict[str, Any] = orjson.loads(raw)
    complete = add_times(raw, statement, origin.stored)
    nothing = why_nothing(statement) or ("" if learners(statement) else Nothing.NOBODY)
    return statement_row(statement, complete, bundle, origin, nothing)


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(
        value.decode() if isinstance(value, bytes) else list(value) if isinstance(value, (list, tuple)) else value
        for value in row
    )
