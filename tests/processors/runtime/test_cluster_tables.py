"""Checkpoints of a cluster: a table of one server that is lost, emptied or replaced is found, by its server's name."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lrs.log import Entry
from lrs.store.checkpoints import TABLE, Checkpoints
from lrs.store.client import Store, StoreUnavailable
from processors.runtime.checkpoint import Positions, TablesLost
from processors.runtime.cluster_tables import ClusterTables, ClusterTablesLost
from processors.runtime.rebuild import StageTables
from schemas.record import STATEMENTS
from tests.support.closed import ClosedInMemory
from tests.support.partitions import Cluster, PartitionsLog
from tests.support.shards import TwoServers

COLUMNS, TYPES = ["a", "v"], ["UInt64", "UInt64"]


class School:
    """A cluster with one table over two shards, and one reader that vouches for it."""

    def __init__(self, store: Store) -> None:
        self.table = f"c_{uuid.uuid4().hex}"
        self.store = TwoServers(store, self.table)
        self.log = PartitionsLog(Cluster())
        for database in self.store.databases:
            create_table = f"CREATE TABLE {database}.{self.table}_local (a UInt64, v UInt64)"
            self.store.command(f"{create_table} ENGINE = ReplacingMergeTree(v) ORDER BY a")
            self.store.command(f"CREATE TABLE {database}.{TABLE}_local (a UInt64) ENGINE = MergeTree ORDER BY a")
            self.store.command(f"SYSTEM STOP MERGES {database}.{self.table}_local")
        self.over = f"CREATE TABLE {self.table} AS remote('127.0.0.1', {self.store.databases[0]}, {self.table}_local)"
        self.store.command(self.over)
        self.work(3)

    def positions(self) -> Positions:
        return Positions(self.log, Checkpoints(self.store, local=False), self.table, STATEMENTS, [self.table])

    def work(self, many: int) -> None:
        positions = self.positions()
        start = positions.resume().get(0, 0)
        for n in range(start, start + many):
            self.log.append(STATEMENTS, Entry("", b"%d" % n))
            self.insert(n)
            positions.move({0: n + 1})

    def insert(self, n: int) -> None:
        for database in self.store.databases:
            self.store.insert(f"{database}.{self.table}_local", COLUMNS, TYPES, [[n, 0], [n, n]])

    def close(self) -> None:
        self.store.command(f"DROP TABLE IF EXISTS {self.table} SYNC")
        self.store.drop()


@pytest.fixture
def school(store: Store) -> Iterator[School]:
    new_school = School(store)
    yield new_school
    new_school.close()


LOCAL = "{db}.{t}_local"


@pytest.mark.parametrize("shard", [1, 2])
@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (f"TRUNCATE TABLE {LOCAL}", "{t}_local on shard {n}, replica 1 lacks 3 of 3 blocks"),
        (f"DROP TABLE {LOCAL} SYNC", "{t}_local on shard {n}, replica 1 is missing"),
        (f"CREATE OR REPLACE TABLE {LOCAL} AS {LOCAL}", "{t}_local on shard {n}, replica 1 is another than it was"),
        (f"ALTER TABLE {LOCAL} DETACH PARTITION ID 'all'", "{t}_local on shard {n}, replica 1 lacks 3 of 3 blocks"),
        (f"ALTER TABLE {LOCAL} DETACH PART '{{part}}'", "{t}_local on shard {n}, replica 1 lacks 1 of 3 blocks"),
        (f"DETACH TABLE {LOCAL}", "{t}_local on shard {n}, replica 1 is missing"),
    ],
)
def test_a_loss_on_one_shard_is_found(school: School, shard: int, sql: str, message: str) -> None:
    positions = school.positions()
    assert positions.resume() == {0: 3}
    database = school.store.databases[shard - 1]
    select_parts = (
        "SELECT name FROM system.parts WHERE active AND database = %(db)s AND table = %(table)s ORDER BY name"
    )
    parts = school.store.tuples(select_parts, {"db": database, "table": f"{school.table}_local"})
    part = random.Random(shard).choice(parts)[0]
    school.store.command(sql.format(db=database, t=school.table, part=part))
    for find in (positions.check, lambda: positions.move({0: 3}), school.positions().resume):
        with pytest.raises(TablesLost) as lost:
            find()
        assert message.format(t=school.table, n=shard) in str(lost.value)
        assert len(lost.value.tables) == 1, lost.value


def test_as_many_blocks_as_were_lost_hide_nothing(school: School) -> None:
    school.store.command(f"TRUNCATE TABLE {school.store.databases[1]}.{school.table}_local")
    for n in range(5):
        school.insert(n)
    with pytest.raises(TablesLost, match="shard 2, replica 1 lacks 3 of 3 blocks"):
        school.positions().resume()


def test_the_table_over_the_shards_may_not_be_another(school: School) -> None:
    """Its rows would be all that is read."""
    school.store.command(f"DROP TABLE {school.table} SYNC")
    with pytest.raises(TablesLost, match=f"{school.table} on shard 1, replica 1 is missing"):
        school.positions().resume()
    school.store.command(f"CREATE TABLE {school.table} (a UInt64, v UInt64) ENGINE = MergeTree ORDER BY a")
    with pytest.raises(TablesLost, match="is a MergeTree and not Distributed"):
        school.positions().resume()
    school.store.command(f"DROP TABLE {school.table} SYNC")
    school.store.command(school.over)
    assert school.positions().resume() == {0: 3}


def test_merges_and_restarts_are_no_loss(school: School) -> None:
    for database in school.store.databases:
        school.store.command(f"SYSTEM START MERGES {database}.{school.table}_local")
    school.store.command(f"OPTIMIZE TABLE {school.store.databases[0]}.{school.table}_local FINAL")
    school.insert(7)  # by one who died before it vouched
    school.work(2)
    assert school.positions().resume() == {0: 5}


def test_what_a_server_holds_that_does_not_answer_is_not_known(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    positions = school.positions()
    positions.resume()
    monkeypatch.setattr(TwoServers, "everywhere", lambda _, table: f"remote('127.0.0.1,127.0.0.3:9', {table})")
    for look in (positions.check, lambda: positions.move({0: 3}), school.positions().resume):
        with pytest.raises(StoreUnavailable):
            look()


def test_tables_are_closed_until_they_are_in_order_and_never_made_again(school: School) -> None:
    commands: list[str] = []

    class Watched(TwoServers):
        def command(self, sql: str, seconds: int | None = None) -> None:
            commands.append(sql)

    school.store.__class__ = Watched
    written: Any = SimpleNamespace(
        log=school.log,
        store=school.store,
        readers=[],
        folds=[],
        record=lambda _: school.positions(),
    )
    closed = ClosedInMemory()
    sees_to = ClusterTables(cast(StageTables, written), closed)
    sees_to()
    assert closed.closure is None
    assert commands
    commands.clear()
    local = f"{school.store.databases[1]}.{school.table}_local"
    Store.command(school.store, f"RENAME TABLE {local} TO {local}_away")
    for _ in range(2):
        with pytest.raises(ClusterTablesLost, match=f"{school.table}_local on shard 2, replica 1 is missing"):
            sees_to()
        assert closed.closure is not None
        assert (closed.closure.kind, commands) == ("halt", [])
    Store.command(school.store, f"RENAME TABLE {local}_away TO {local}")
    sees_to()
    assert closed.closure is None
