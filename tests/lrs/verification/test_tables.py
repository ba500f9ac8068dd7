"""The tables that follow statements and the log: each column of each table, rows too few and rows too many."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry
from lrs.store.client import Store
from lrs.verification import tables
from lrs.verification.finding import VerifyFinding
from lrs.verification.tables import verify_following_tables, verify_observations
from processors.stages.observation_table import PRESENT, TYPES_OF_ROWS, observation_row
from schemas.catalog import Skill
from schemas.observation import decode_observations, encode_observations
from schemas.record import OBSERVATIONS
from tests.lrs.verification.test_statements import Filled, changed, filling
from tests.support.engine import running

FOLLOWING = ("agent_statements", "voids", "refs")
NOT_COMPARED = {"written"}  # by ClickHouse's clock
OF_KEYS = {"agent", "target"}


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Filled]:
    with filling(tmp_path_factory.mktemp("tables")) as found:
        yield found


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "WAIT_SECONDS", 0.0)


def verified(filled: Filled, table: str, sample: int | None = None) -> VerifyFinding:
    if table == "observations":
        return verify_observations(filled.log, filled.store, sample, lambda check, more: None)
    return next(finding for finding in verify_following_tables(filled.store) if finding.check == table)


def types_of(store: Store, table: str) -> dict[str, str]:
    """Every column that the table has."""
    asked = "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = %(table)s"
    return dict(store.tuples(asked, {"table": table}))


def rows_of(store: Store, table: str) -> list[dict[str, Any]]:
    types = types_of(store, table)
    where = "WHERE version = 0" if table == "observations" else ""
    found = store.tuples(f"SELECT {', '.join(map('`{}`'.format, types))} FROM {table} {where} ORDER BY sequence", {})
    return [dict(zip(types, row, strict=True)) for row in found]


def put(store: Store, table: str, rows: list[dict[str, Any]]) -> None:
    """Have these rows in the table, and no others."""
    store.command(f"TRUNCATE TABLE {table}")
    types = types_of(store, table)
    store.insert(table, list(types), list(types.values()), [[row[name] for row in rows] for name in types])


def otherwise(value: Any, type_: str) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, float) or value is None:
        return (value or 0.0) + 1
    return [1.5] if type_ == "Array(Float64)" and not value else changed(value)


@pytest.mark.parametrize("table", [*FOLLOWING, "observations"])
def test_a_change_of_any_column_is_found(table: str, filled: Filled) -> None:
    rows = rows_of(filled.store, table)
    assert rows
    assert verified(filled, table).ok
    missed = []
    try:
        for name, type_ in types_of(filled.store, table).items():
            for at in {0, len(rows) - 1} if name not in NOT_COMPARED else ():
                other = rows[at] | {name: otherwise(rows[at][name], type_)}
                put(filled.store, table, [*rows[:at], other, *rows[at + 1 :]])
                found = verified(filled, table)
                if not found.wrong:
                    missed.append((name, rows[at][name]))
                assert found.advice
                assert not any("account:" in example for example in found.examples)
    finally:
        put(filled.store, table, rows)
    assert missed == []
    assert verified(filled, table).ok


@pytest.mark.parametrize("table", [*FOLLOWING, "observations"])
def test_a_row_that_is_gone_is_found(table: str, filled: Filled) -> None:
    rows = rows_of(filled.store, table)
    try:
        put(filled.store, table, rows[1:])
        assert verified(filled, table, 1).wrong == 1
    finally:
        put(filled.store, table, rows)


@pytest.mark.parametrize("table", FOLLOWING)
def test_a_row_too_many_is_found(table: str, filled: Filled) -> None:
    rows = rows_of(filled.store, table)
    [name] = OF_KEYS & rows[0].keys()
    try:
        put(filled.store, table, [*rows, rows[0] | {name: "another"}])
        assert verified(filled, table).wrong == 1
    finally:
        put(filled.store, table, rows)


def test_what_was_read_again_is_not_wrong(filled: Filled) -> None:
    """Of the catalog there is one change: what has a higher version is not read again because of any."""
    rows = rows_of(filled.store, "observations")
    Catalogs(filled.log).append("t", "somebody", Skill(id="fractions"), 1)
    try:
        for version, wrong in ((2, 0), (3, 1), (2**64 - 1, 1)):
            again = rows[0] | {"version": version, "item": "another"}
            put(filled.store, "observations", [*rows, again])
            assert verified(filled, "observations").wrong == wrong, version
        put(filled.store, "observations", [*rows, rows[0] | {"version": 2**64 - 1, "deleted": 1}])
        assert verified(filled, "observations").ok
    finally:
        put(filled.store, "observations", rows)


def test_what_was_admitted_twice_may_be_read_otherwise_the_second_time(filled: Filled) -> None:
    [record, *_] = filled.log.read(OBSERVATIONS, 0, 1)
    observed = decode_observations(record.value).observations[0]
    second = msgspec.structs.replace(observed, item="another")
    rows = rows_of(filled.store, "observations")
    filled.log.append(OBSERVATIONS, Entry("k", encode_observations([second], 1, 0)))
    try:
        for row in (observation_row(observed, PRESENT), observation_row(second, PRESENT)):
            row_at = dict(zip(TYPES_OF_ROWS, row, strict=True))
            others = [one for one in rows if not is_same(one, row_at)]
            assert len(others) == len(rows) - 1
            put(filled.store, "observations", [*others, row_at])
            assert verified(filled, "observations").ok
    finally:
        put(filled.store, "observations", rows)


def is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name] == other[name] for name in ("learner", "statement", "ordinal"))


def insert(store: Store, table: str, **row: str | int) -> None:
    types = ["UInt64" if isinstance(value, int) else "String" for value in row.values()]
    store.insert(table, list(row), types, [[value] for value in row.values()])


def test_a_statement_that_was_delivered_twice_is_no_reference_too_few(tmp_path: Path) -> None:
    target, sent, lost = (str(uuid.uuid4()) for _ in range(3))
    with running(tmp_path) as store:
        store.command("SYSTEM STOP MERGES statements")
        for id_, sequence in ((sent, 1), (sent, 1), (lost, 2)):
            insert(store, "statements", tenant="t", id=id_, partition=0, sequence=sequence, refers=target)
        insert(store, "refs", tenant="t", target=target, statement=sent, partition=0, sequence=1)
        examples = {finding.check: finding.examples for finding in verify_following_tables(store)}
    assert examples == {"agent_statements": [], "voids": [], "refs": [f"t {target} {lost}"]}
