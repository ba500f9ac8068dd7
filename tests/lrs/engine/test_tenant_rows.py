"""A login for SQL sees the rows of one tenant: in every table that there is, and in whatever it asks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from lrs.engine.sql_logins import FolderSqlLogins
from lrs.store import projections
from lrs.store.client import Store
from processors.folds.registry import all_folds
from tests.support.engine import running
from tests.support.engine_process import base, reader

OWN, OTHER = "a'school", "else\\where"  # names that have to be quoted
OF_NOBODY = {"checkpoints", "migrations"}  # bookkeeping without a tenant: nobody's rows, so no reader's
LEARNERS = ("zoe", "secret")  # of either
ABOUT_CLICKHOUSE = {
    "aggregate_function_combinators",
    *("collations", "columns", "data_type_families", "databases", "formats", "functions", "keywords", "numbers"),
    *("numbers_mt", "one", "settings", "table_engines", "table_functions", "tables", "time_zones", "zeros", "zeros_mt"),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tenants")


@pytest.fixture(scope="module")
def store(data: Path) -> Iterator[Store]:
    """Every table, with a row of either tenant; those of a plugin's fold and a view, too."""
    with running(data) as store:
        store.command("CREATE TABLE plugin (tenant String, learner String) ENGINE = MergeTree ORDER BY tenant")
        store.command("CREATE VIEW seen AS SELECT tenant, learner FROM plugin")
        store.command("CREATE VIEW nameless AS SELECT learner FROM plugin")
        for table in tables(store, "NOT LIKE '%View'"):
            if table not in {*OF_NOBODY, "plugin", "mastery"}:
                store.insert(table, ["tenant"], ["String"], [[OWN, OTHER]])
        for table in ("plugin", "mastery"):
            store.insert(table, ["tenant", "learner"], ["String", "String"], [[OWN, OTHER], list(LEARNERS)])
        yield store


def tables(store: Store, engines: str) -> list[str]:
    sql = f"SELECT name FROM system.tables WHERE database = currentDatabase() AND engine {engines}"
    return [name for (name,) in store.tuples(sql, {})]


def ask(data: Path, sql: str, tenant: str = OWN) -> httpx.Response:
    return httpx.post(base(data), content=sql.encode(), auth=reader(data, tenant), timeout=60)


def rows(data: Path, sql: str, tenant: str = OWN) -> list[str]:
    answer = ask(data, f"{sql} FORMAT TSVRaw", tenant)
    assert answer.status_code == 200, answer.text
    return answer.text.splitlines()


def test_of_every_table_only_its_own_rows(data: Path, store: Store) -> None:
    with_tenant = store.tuples("SELECT table FROM system.columns WHERE database = 'pacer' AND name = 'tenant'", {})
    every = set(tables(store, "!= ''"))
    assert every - {name for (name,) in with_tenant} == OF_NOBODY | {"nameless"}, "a table that no reader can see"
    assert {"statements", "decisions", "snapshots", "plugin", *(fold.name for fold in all_folds())} <= every
    for table in sorted(every - OF_NOBODY - {"nameless"}):
        for tenant in (OWN, OTHER):
            assert rows(data, f"SELECT DISTINCT tenant FROM {table}", tenant) == [tenant], table
    for table in (*OF_NOBODY, "nameless"):
        assert rows(data, f"SELECT count() FROM {table}") == ["0"], table
    assert rows(data, "SELECT DISTINCT tenant FROM plugin", "a third") == []


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() FROM plugin WHERE tenant != '{own}'",
        "SELECT max(learner) = 'secret' FROM plugin",
        "SELECT 'secret' IN (SELECT learner FROM pacer.plugin)",
        "SELECT ('{other}', 'secret') IN plugin",
        "SELECT countIf(learner = 'secret') FROM 'plugin'",
        "SELECT countIf(learner = 'secret') FROM mastery FINAL",
        "SELECT countIf(learner = 'secret') FROM plugin AS numbers",
        "SELECT countIf(learner = 'secret') FROM view(SELECT * FROM plugin)",
        "WITH plugin AS (SELECT * FROM pacer.plugin) SELECT countIf(learner = 'secret') FROM plugin",
        "SELECT countIf(y.learner = 'secret') FROM numbers(3) AS x CROSS JOIN plugin AS y",
        "SELECT countIf(y.learner = 'secret') FROM plugin AS x RIGHT JOIN seen AS y ON x.learner = y.learner",
    ],
)
def test_however_it_is_asked(data: Path, store: Store, sql: str) -> None:
    quoted = {"own": OWN.replace("'", "''"), "other": OTHER.replace("\\", "\\\\")}
    assert rows(data, sql.format(**quoted)) == ["0"]


@pytest.mark.parametrize("failing", ["throwIf(learner = 'secret')", "toUInt8(replaceOne(learner, 'zoe', '0'))"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() FROM plugin WHERE {} = 0",
        "SELECT count() FROM mastery FINAL WHERE {} = 0",
        "SELECT count() FROM plugin WHERE tenant != 'x' AND {} = 0",
        "SELECT count() FROM seen WHERE {} = 0",
        "SELECT count() FROM (SELECT * FROM plugin) WHERE {} = 0",
        "SELECT sum({}) = 0 FROM plugin",
        "SELECT count() FROM plugin GROUP BY {}",
        "SELECT 1 FROM plugin ORDER BY {} LIMIT 1",
        "SELECT count() FROM plugin AS x JOIN (SELECT 1 AS one) AS y ON {} = y.one - 1",
        "SELECT count() FROM plugin WHERE learner IN (SELECT learner FROM plugin WHERE {} = 0)",
    ],
)
def test_what_a_query_fails_on_is_never_of_others(data: Path, store: Store, sql: str, failing: str) -> None:
    """A condition that fails on a row tells of that row: it must never be asked of one."""
    assert rows(data, sql.format(failing))


def test_of_clickhouse_itself_only_what_is_not_of_anybody(data: Path, store: Store) -> None:
    hidden = {
        name
        for (name,) in store.tuples("SELECT name FROM system.tables WHERE database = 'system'", {})
        if name not in ABOUT_CLICKHOUSE
    }
    assert {"processes", "parts", "query_cache", "parts_columns", "mutations", "user_processes"} <= hidden
    for table in sorted(hidden):
        answer = ask(data, f"SELECT * FROM system.{table} LIMIT 1")
        assert answer.status_code != 200 or not answer.text, table
    assert ask(data, "SHOW PROCESSLIST").text == ""
    assert "plugin" in rows(data, "SHOW TABLES")
    assert ask(data, "SELECT * FROM system.query_log").status_code == 404
    store.command("CREATE DATABASE other ENGINE = Atomic")
    store.command("CREATE TABLE other.copy (tenant String) ENGINE = MergeTree ORDER BY tenant")
    store.command(f"INSERT INTO other.copy SELECT '{OWN.replace(chr(39), chr(39) * 2)}'")
    assert rows(data, "SELECT count() FROM other.copy") == ["0"]


def test_a_replayed_table_is_of_its_tenant_too(data: Path, store: Store) -> None:
    [fold] = [fold for fold in all_folds() if fold.name == "engagement"]
    beside = projections.replay_table(fold)
    store.command(projections.fold_table_sql(fold, beside))
    store.insert(beside, ["tenant", "learner"], ["String", "String"], [[OWN, OTHER, OTHER], ["new", "x", "y"]])
    for table in (beside, fold.name):
        assert rows(data, f"SELECT DISTINCT tenant FROM {table}") == [OWN]
    store.command(f"EXCHANGE TABLES {fold.name} AND {beside}")
    assert rows(data, f"SELECT tenant, learner FROM {fold.name} FINAL") == [f"{OWN}\tnew"]
    store.command(f"DROP TABLE {beside} SYNC")


def test_a_table_that_is_made_meanwhile_is_not_answered_from(data: Path, store: Store) -> None:
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(ask, data, "SELECT sleep(2)")
        number = 0
        while not answer.done():
            store.command(f"CREATE TABLE made_{number} (tenant String) ENGINE = Memory")
            number += 1
    for made in range(number):
        store.command(f"DROP TABLE made_{made} SYNC")
    assert (answer.result().status_code, answer.result().headers["X-ClickHouse-Exception-Code"]) == (503, "519")


def test_a_login_ends_at_once(data: Path, store: Store) -> None:
    login = reader(data, "short")
    assert httpx.post(base(data), content=b"SELECT 1", auth=login).status_code == 200
    assert httpx.post(base(data), content=b"SELECT 1", auth=(login[0], "another password")).status_code == 401
    assert FolderSqlLogins(data).revoke(login[0])
    assert httpx.post(base(data), content=b"SELECT 1", auth=login).status_code == 401
