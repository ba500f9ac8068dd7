"""The table of statements against the log: each column of a row, rows too few and rows too many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.record.stored_times import PartitionTimes, RecordTimes
from lrs.store.client import Store
from lrs.verification import statements
from lrs.verification.finding import VerifyFinding
from lrs.verification.statements import verify_statements
from processors.stages.admit import Admit
from processors.stages.statement_table import STATEMENT_TYPES
from schemas.record import STATEMENTS, Bundle
from tests.processors.runtime.test_partitions import School
from tests.support.engine import running
from tests.support.statements import HOME, answered, learner, voiding


class Filled(NamedTuple):
    log: SqliteLog
    store: Store


def every_kind() -> list[dict[str, Any]]:
    """A statement of each shape that the table has a column for."""
    sent = [answered(f"l{n}", f"i{n}") for n in range(3)]
    rich = answered("rich")
    rich["timestamp"] = "2026-03-01T10:00:00.123456Z"
    rich["context"] = {
        "registration": "11111111-2222-4333-8444-555555555555",
        "instructor": learner("teacher"),
        "contextActivities": {"parent": [{"id": "https://example.org/unit"}]},
    }
    plan = answered("planner")
    plan["object"] = {
        "objectType": "SubStatement",
        **{key: answered("planner")[key] for key in ("actor", "verb", "object")},
    }
    group = answered("nobody")
    group["actor"] = {"objectType": "Group", "member": [learner("one"), learner("two")]}
    reply = answered("reader")
    reply["object"] = {"objectType": "StatementRef", "id": sent[1]["id"]}
    team = answered("x")
    team["actor"] = {"objectType": "Group", "account": {"homePage": HOME, "name": "7b"}}
    return [*sent, rich, plan, group, reply, team, voiding(sent[0]["id"])]


def logged(log: SqliteLog) -> None:
    """Put them into a log."""
    sent = every_kind()
    for bundle in (sent[:4], sent[4:]):
        ids = [statement["id"] for statement in bundle]
        value = Bundle("t", "k", 1, 0, ids, [orjson.dumps(statement) for statement in bundle]).encode()
        log.append(STATEMENTS, Entry(ids[0], value, len(ids)))


@contextmanager
def filling(folder: Path) -> Iterator[Filled]:
    """A log with statements of every kind, and the tables of them."""
    log = SqliteLog(folder / "log")
    with running(folder) as store:
        logged(log)
        Admit(log, store, Catalogs(log)).handle(log.read(STATEMENTS, 0, 10))
        yield Filled(log, store)
    log.close()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    with filling(tmp_path_factory.mktemp("statements")) as found:
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "WAIT_SECONDS", 0.0)


def verified(filled: Filled, sample: int | None = None) -> VerifyFinding:
    ends = filled.log.ends(STATEMENTS)
    return verify_statements(filled.log, filled.store, ends, RecordTimes(), sample, lambda check, more: None)


def rows_of(store: Store) -> list[dict[str, Any]]:
    rows = store.tuples(f"SELECT {', '.join(STATEMENT_TYPES)} FROM statements FINAL ORDER BY sequence", {})
    return [dict(zip(STATEMENT_TYPES, row, strict=True)) for row in rows]


def put(store: Store, rows: list[dict[str, Any]]) -> None:
    """Have these rows in the table, and no others."""
    store.command("TRUNCATE TABLE statements")
    columns = [[row[name] for row in rows] for name in STATEMENT_TYPES]
    store.insert("statements", list(STATEMENT_TYPES), list(STATEMENT_TYPES.values()), columns)


def changed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [*value, "more"] if not value else list(value)[1:]
    return value + 1 if isinstance(value, int) else f"{value}x"


def test_what_the_log_has_is_right_however_it_is_asked(filled: Filled) -> None:
    kinds = {(row["nothing"], bool(row["refers"]), bool(row["actor"])) for row in rows_of(filled.store)}
    assert len(kinds) >= 4, kinds
    for sample in (None, 1, 1000):
        found = verified(filled, sample)
        assert (found.checked, found.examples) == (9, [])


@pytest.mark.parametrize("column", STATEMENT_TYPES)
def test_a_change_of_a_column_is_found_in_each_row(column: str, filled: Filled) -> None:
    rows = rows_of(filled.store)
    try:
        for at, row in enumerate(rows):
            put(filled.store, [*rows[:at], row | {column: changed(row[column])}, *rows[at + 1 :]])
            found = verified(filled)
            assert found.wrong, row
            assert found.advice
            assert row["id"] in " ".join(found.examples)
            if column not in ("tenant", "id", "partition", "sequence"):
                assert f"({column})" in found.examples[0]
    finally:
        put(filled.store, rows)
    assert verified(filled).ok


@pytest.mark.parametrize(
    "more",
    [
        {"id": "99999999-2222-4333-8444-555555555555", "stored": 1},
        {"stored": 1},
        {"sequence": 1 << 40},
        {"partition": 3},
        {"tenant": "other"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_a_row_too_many_is_found(more: dict[str, Any], filled: Filled) -> None:
    rows = rows_of(filled.store)
    try:
        put(filled.store, [*rows, rows[2] | more])
        for sample in (1, None):  # also where every column of all is compared it is one thing that is wrong
            found = verified(filled, sample)
            assert found.wrong == 1, found
            assert (rows[2] | more)["id"] in found.examples[0]
    finally:
        put(filled.store, rows)


def test_a_statement_that_is_not_there_is_found(filled: Filled) -> None:
    rows = rows_of(filled.store)
    try:
        put(filled.store, rows[1:])
        found = verified(filled, 1)
        assert (found.wrong, rows[0]["id"] in found.examples[0]) == (1, True)
    finally:
        put(filled.store, rows)


def test_rows_that_came_twice_are_not_too_many(filled: Filled) -> None:
    Admit(filled.log, filled.store, Catalogs(filled.log)).handle(filled.log.read(STATEMENTS, 0, 10))
    assert verified(filled).ok


def test_where_partitions_were_added_and_statements_came_again_nothing_is_wrong(store: Store) -> None:
    """Some are read in another partition than their own, and some are in the log twice."""
    school = School(store, "t")
    sent: list[dict[str, Any]] = []
    for count, partitions in ((20, 2), (15, 5), (20, 5)):
        new = [answered(f"l{n % 4}", f"i{n}") for n in range(count)]
        school.append([*new, *sent[-3:]])
        sent += new
        school.cluster.counts[STATEMENTS] = partitions  # before these are read
        school.settle()
    school.finish()
    school.api.partitions(STATEMENTS, fresh=True)
    ends = school.api.ends(STATEMENTS)

    def wrong() -> list[str]:
        times = PartitionTimes(school.api, store)
        return verify_statements(school.api, store, ends, times, None, lambda check, more: None).examples

    assert wrong() == []
    id_ = sent[22]["id"]
    store.command(f"ALTER TABLE statements UPDATE timestamp = 1 WHERE id = '{id_}' SETTINGS mutations_sync = 2")
    found = wrong()
    assert found
    assert all(id_ in example and "(timestamp)" in example for example in found)
