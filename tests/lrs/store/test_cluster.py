"""The tables on a cluster: what is rendered, and what the engine makes of it.

The golden files are what a reviewer reads. After a change: PACER_GOLDEN=write pytest tests/lrs/store/test_cluster.py,
and read the difference.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import clickhouse_connect
import orjson
import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.record.embedded_finder import EmbeddedFinder
from lrs.record.finder import StatementFilter
from lrs.store import cluster, migrate, projections
from lrs.store.client import Store, StoreRefused
from lrs.store.dsn import dsn
from lrs.store.gate import FileGate
from processors.folds.mastery import Mastery
from processors.folds.registry import all_folds, fold_names
from processors.runtime.hold import HoldByGates
from processors.runtime.replay import FoldReaders, replay
from schemas.record import ADMIT, OBSERVATIONS, STATEMENTS, Bundle
from tests.processors.runtime.test_way import Way
from tests.support.engine import running
from tests.support.rows import expected, live
from tests.support.shards import NAME, ShardStore
from tests.support.statements import answered, voiding

GOLDEN = Path(__file__).parent / "golden"
PROJECTIONS = tuple(projections.fold_table_sql(fold) for fold in all_folds())
REPLAY = (  # what processors.runtime.replay says to the store
    "DROP TABLE IF EXISTS mastery_replay SYNC",
    projections.fold_table_sql(Mastery(), "mastery_replay"),
    "EXCHANGE TABLES mastery AND mastery_replay",
    "DROP TABLE mastery_replay SYNC",
)
BOOKKEEPING = (migrate.APPLIED, "DELETE FROM migrations WHERE number = 1")


def scripts() -> dict[str, tuple[str, ...]]:
    """Everything that is ever run to make or change tables, by the name of its golden file."""
    by_name = {"migrations": BOOKKEEPING, "projections": PROJECTIONS, "replay": REPLAY}
    for m in migrate.migrations():
        by_name |= {f"{m.number:04}_{m.name}.up": m.up, f"{m.number:04}_{m.name}.down": m.down}
    return by_name


def sharding() -> dict[str, str]:
    """By what the rows of every table are spread over shards."""
    create_statements = [
        sql for name, sqls in scripts().items() if name != "replay" for sql in sqls if sql.startswith("CREATE TABLE")
    ]
    return {create.split("IF NOT EXISTS ")[1].split()[0]: cluster.sharded_by(create) for create in create_statements}


def rendered(name: str) -> list[str]:
    return [cluster_sql for sql in scripts()[name] for cluster_sql in cluster.render_for_cluster(sql, NAME)]


class TestRendered:
    @pytest.mark.parametrize("name", scripts())
    def test_golden(self, name: str) -> None:
        text = "".join(f"{cluster_sql};\n\n" for cluster_sql in rendered(name))[:-1]
        path = GOLDEN / f"{name}.sql"
        if os.environ.get("PACER_GOLDEN") == "write":
            path.write_text(text, "utf-8")
        assert path.read_text("utf-8") == text

    def test_no_golden_file_is_left_over(self) -> None:
        assert {path.stem for path in GOLDEN.iterdir()} == set(scripts())

    @pytest.mark.parametrize("name", scripts())
    def test_the_engine_reads_it(self, store: Store, name: str) -> None:
        for sql in rendered(name):
            formatted: str = store.tuples("SELECT formatQuery({sql:String})", {"sql": sql})[0][0]
            if not sql.startswith("INSERT"):  # rows go through the Distributed tables
                assert f"ON CLUSTER {NAME}" in formatted.replace("`", ""), formatted

    @pytest.mark.parametrize("name", scripts())
    def test_everything_may_be_run_again(self, name: str) -> None:
        for sql in rendered(name):
            # Rows that are inserted again replace themselves.
            again = sql.startswith(("EXCHANGE", "DELETE", "INSERT")) or "\n  MATERIALIZE " in sql
            assert again or " EXISTS " in sql, sql

    def test_a_view_passes_rows_on_to_where_they_belong(self, store: Store) -> None:
        sql = "CREATE MATERIALIZED VIEW IF NOT EXISTS to_a TO a AS\nSELECT x FROM statements ARRAY JOIN agents AS x"
        [view] = cluster.render_for_cluster(sql, NAME)
        assert view == (
            "CREATE MATERIALIZED VIEW IF NOT EXISTS to_a ON CLUSTER 'main' TO a AS\n"
            "SELECT x FROM statements_local ARRAY JOIN agents AS x"
        )
        [gone] = cluster.render_for_cluster("DROP VIEW IF EXISTS to_a SYNC", NAME)
        assert gone == "DROP VIEW IF EXISTS to_a ON CLUSTER 'main' SYNC"
        fill = "INSERT INTO a\nSELECT x FROM statements"
        assert cluster.render_for_cluster(fill, NAME) == [fill]  # through the Distributed tables
        for rendered_sql in (view, gone, fill):
            assert store.tuples("SELECT formatQuery({sql:String})", {"sql": rendered_sql})

    @pytest.mark.parametrize(
        "sql",
        [
            "TRUNCATE TABLE mastery",
            "CREATE TABLE nobody_sharded (a UInt8) ENGINE = MergeTree ORDER BY a",
            "CREATE TABLE mastery (a UInt8) ENGINE = Memory",
            "ALTER TABLE mastery MODIFY COLUMN key String",
            "ALTER TABLE mastery\n  ADD COLUMN a UInt8,\n  DROP COLUMN key",
        ],
    )
    def test_what_it_does_not_know_is_refused(self, sql: str) -> None:
        with pytest.raises(ValueError, match=r"nobody_sharded: no sharding key|rendering|of their own"):
            cluster.render_for_cluster(sql, NAME)

    def test_a_bad_name(self) -> None:
        with pytest.raises(cluster.BadCluster, match="cluster"):
            cluster.render_for_cluster("DROP TABLE mastery", "a'b")


class TestClient:
    def test_a_cluster_that_clickhouse_does_not_know(self, tmp_path: Path) -> None:
        with running(tmp_path):
            store = Store(lambda: dsn(tmp_path, None)() + "?cluster=nowhere")
            with pytest.raises(StoreRefused, match="no cluster nowhere"):
                store.tuples("SELECT 1", {})

    def test_every_replica_acknowledges_an_insert(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A stand-in for clickhouse-connect, as one engine has no replicas: what is asked and what is set."""
        client_settings: dict[str, Any] = {}

        class Client:
            def query(self, sql: str, parameters: dict[str, Any], **_: Any) -> SimpleNamespace:
                asks_replicas = "system.clusters" in sql and parameters == {"name": "main"}
                return SimpleNamespace(result_rows=[(3,)] if asks_replicas else [("found",)])

            def set_client_setting(self, name: str, value: int) -> None:
                client_settings[name] = value

        def get_client(**arguments: Any) -> Client:
            client_settings.update(arguments)
            return Client()

        monkeypatch.setattr(clickhouse_connect, "get_client", get_client)
        store = Store(lambda: "clickhouse://u:p@ch:8123/pacer?cluster=main")
        assert store.tuples("SELECT 1", {}) == [("found",)]
        assert client_settings["insert_quorum"] == 3
        assert client_settings["settings"] == cluster.SETTINGS
        assert client_settings["dsn"] == "clickhouse://u:p@ch:8123/pacer"


@pytest.fixture(scope="class")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShardStore]:
    """A cluster in one engine, with every migration applied."""
    data = tmp_path_factory.mktemp("shards")
    with running(data) as plain:
        migrate.down(plain)
        for table in ("migrations", *fold_names()):
            plain.command(f"DROP TABLE {table}")
        shard_store = ShardStore(dsn(data, None))
        migrate.up(shard_store)
        projections.create_fold_tables(shard_store, all_folds())
        yield shard_store


class TestDistributed:
    """Through Distributed tables over one shard; tests/support/shards.py says what this leaves out."""

    def test_tables(self, sharded: ShardStore) -> None:
        engines = dict(sharded.tuples("SELECT name, engine FROM system.tables WHERE database = currentDatabase()", {}))
        views = {name for name, engine in engines.items() if engine == "MaterializedView"}
        tables = {name for name in engines if not name.endswith("_local")} - views
        assert tables == set(sharding())
        assert {f"{name}_local" for name in tables} == set(engines) - tables - views
        assert {engines[f"{name}_local"] for name in tables} == {"MergeTree", "ReplacingMergeTree"}
        assert not any("MergeTree" in engines[name] for name in tables)

    def test_columns_are_those_of_one_server(self, sharded: ShardStore, store: Store) -> None:
        for table in sharding():
            plain = [row[:2] for row in store.tuples(f"DESCRIBE TABLE {table}", {})]
            assert [row[:2] for row in sharded.tuples(f"DESCRIBE TABLE {table}", {})] == plain
            assert [row[:2] for row in sharded.tuples(f"DESCRIBE TABLE {table}_local", {})] == plain

    def test_a_view(self, sharded: ShardStore) -> None:
        columns_and_engine = ("tenant String, target String", "ENGINE = ReplacingMergeTree ORDER BY (tenant, target)")
        sharded.command(f"CREATE TABLE mentions ({columns_and_engine[0]}) {columns_and_engine[1]}")
        sharded.command("CREATE MATERIALIZED VIEW to_mentions TO mentions AS\nSELECT tenant, target FROM voids")
        tenant = uuid.uuid4().hex
        sharded.insert("voids", ["tenant", "target"], ["String", "String"], [[tenant] * 2, ["a", "b"]])
        targets = sharded.tuples(
            "SELECT target FROM mentions FINAL WHERE tenant = {t:String} ORDER BY ALL", {"t": tenant}
        )
        sharded.command("DROP VIEW to_mentions")
        sharded.command("DROP TABLE mentions")
        assert targets == [("a",), ("b",)]

    def test_a_migration_may_be_run_again(self, sharded: ShardStore) -> None:
        for migration in migrate.migrations():
            for sql in migration.up:
                sharded.command(sql)
        assert migrate.up(sharded) == []

    def test_the_way_of_an_event(self, sharded: ShardStore, tmp_path: Path) -> None:
        """Rows are the fold of the set, and a replay gives the same, whatever is redelivered or voided."""
        way = Way(sharded, tmp_path / "log", f"way-{uuid.uuid4()}")
        statements = school()
        for start in range(0, len(statements), 7):
            way.append(statements[start : start + 7])
        way.finish()
        way.restart()
        way.positions = {name: min(1, way.log.end(way.stages[name].topic)) for name in way.positions}
        way.finish()
        for fold in all_folds():
            fold_rows = expected(fold, way.tenant, statements)
            assert fold_rows
            assert live(sharded, fold, way.tenant) == fold_rows
            way.log.commit(fold.name, OBSERVATIONS, way.log.end(OBSERVATIONS))
            hold = HoldByGates(way.log, fold.name, FileGate(tmp_path / "admit"))
            group = FoldReaders(fold.name, [fold.name])
            done = replay(way.log, sharded, fold, Catalogs(way.log), group, hold, nullcontext, verify=True)
            assert (done.swapped, done.differing) == (True, 0)
            assert live(sharded, fold, way.tenant) == fold_rows
        way.log.close()

    def test_the_same_pages_as_one_server(self, sharded: ShardStore, store: Store, tmp_path: Path) -> None:
        """Sub-queries, LIMIT 1 BY and paging, with statements that are voided, referred to, and there twice."""
        statements = school()
        ways = {"one": (store, store), "shard": (sharded, sharded), "shards": (sharded, doubled(sharded))}
        answers = {name: pages(*way, tmp_path / name, statements) for name, way in ways.items()}
        assert answers["shard"] == answers["one"]
        assert answers["shards"] == answers["one"]
        whole = [orjson.loads(raw)["id"] for raw in answers["one"][0]]
        assert len(whole) == len(set(whole)) == len(statements) - 2
        assert all(answers["one"])

    def test_one_learner_is_asked_of_one_shard(self, sharded: ShardStore) -> None:
        """Of two shards that are the same table, one is asked: the row is counted once."""
        tenant = uuid.uuid4().hex
        sharded.insert(
            "mastery", ["tenant", "learner"], ["String", "String"], [[tenant] * 9, [f"l{n}" for n in range(9)]]
        )
        counts = "SELECT count() FROM {} WHERE tenant = %(tenant)s AND {}"
        for table, rows in (("mastery_local", 1), (both("mastery"), 1), (both("mastery", "rand()"), 2)):
            sql = counts.format(table, "learner IN ('l3')")
            assert sharded.tuples(sql, {"tenant": tenant}) == [(rows,)], table
        assert sharded.tuples(counts.format(both("mastery"), "1"), {"tenant": tenant}) == [(18,)]

    def test_down(self, tmp_path: Path) -> None:
        with running(tmp_path) as plain:
            migrate.down(plain)
            for table in ("migrations", *fold_names()):
                plain.command(f"DROP TABLE {table}")
            store = ShardStore(dsn(tmp_path, None))
            migrate.up(store)
            numbers = [m.number for m in migrate.migrations()]
            assert [m.number for m in migrate.down(store)] == numbers[::-1]
            assert migrate.applied(store) == []
            tables_left = store.tuples(
                "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY 1", {}
            )
            assert tables_left == [("migrations",), ("migrations_local",)]
            assert [m.number for m in migrate.up(store)] == numbers


def both(table: str, key: str = "") -> str:
    """A table over two shards that are one and the same."""
    key = key or f"cityHash64({sharding()[table]})"
    return f"remote('127.0.0.1,127.0.0.1', 'pacer', '{table}_local', {key})"


def doubled(sharded: ShardStore) -> ShardStore:
    """A store of the same statements through two shards that are one and the same: all is found on both."""
    sharded.direct("CREATE DATABASE IF NOT EXISTS doubled")
    for table in ("statements", "voids", "refs"):
        sharded.direct(f"CREATE TABLE doubled.{table} AS {both(table)}")
    return ShardStore(lambda: sharded.dsn().removesuffix("/pacer") + "/doubled")


def school() -> list[dict[str, Any]]:
    """Statements of some learners; two are voided."""
    statements = [
        answered(
            f"learner{n % 5}", f"item{n % 7}", n % 3 > 0, (f"skill{n % 2}",), f"2026-03-0{1 + n % 8}T09:{n:02}:00Z"
        )
        for n in range(40)
    ]
    return [*statements, *(voiding(statements[n]["id"]) for n in (3, 17))]


def pages(write: Store, read: Store, folder: Path, statements: list[dict[str, Any]]) -> list[list[bytes]]:
    """What a store answers to several questions about the same statements, each stored twice."""
    way = Way(write, folder, f"pages-{uuid.uuid4()}")
    for n, statement in enumerate(statements):
        way.append([statement], time=1_000_000 + n)
    for _ in range(2):
        way.positions[ADMIT] = 0
        way.restart()
        way.finish()
    way.log.commit(ADMIT, STATEMENTS, way.log.end(STATEMENTS))
    finder = EmbeddedFinder(way.log, read)
    first = orjson.loads(Bundle.decode(way.log.read(STATEMENTS, 0, 1)[0].value).statements[0])
    filters = [
        StatementFilter(),
        StatementFilter(ascending=True, since=1_000_005, until=1_000_030),
        StatementFilter(verb=first["verb"]["id"], limit=10),
        StatementFilter(activity=first["object"]["id"]),
        StatementFilter(activity=first["object"]["id"], related_activities=True, ascending=True),
    ]
    pages_found = [finder.page(way.tenant, statement_filter).statements for statement_filter in filters]
    after, paged = None, []
    while True:
        page = finder.page(way.tenant, StatementFilter(limit=7, after=after))
        paged += page.statements
        if (after := page.after) is None:
            break
    way.log.close()
    return [*pages_found, paged]
