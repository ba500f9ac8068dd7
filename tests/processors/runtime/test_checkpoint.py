"""Checkpoints: what is lost of log or tables is found, and nothing else is taken for a loss."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.log import Entry, OtherLog
from lrs.log.sqlite import SqliteLog
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from lrs.store.contents import StoreContents, TablePart
from processors.runtime.checkpoint import Position, Positions, TablesLost
from schemas.record import STATEMENTS


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    sqlite_log = SqliteLog(tmp_path / "log")
    yield sqlite_log
    sqlite_log.close()


def position(log: SqliteLog, store: Store, table: str) -> Position:
    return Position(Positions(log, Checkpoints(store, store.embedded), table, STATEMENTS, [table]))


def work(log: SqliteLog, store: Store, table: str, many: int = 3) -> Position:
    """A reader that has put some records into its table."""
    reader = position(log, store, table)
    start = reader.resume() or 0
    for n in range(start, start + many):
        log.append(STATEMENTS, Entry("", b"%d" % n))
        store.insert(table, ["a", "v"], ["UInt64", "UInt64"], [[n, 0], [n, n]])
        reader.advance(n + 1)
    return reader


def parts(store: Store, table: str) -> list[str]:
    return [
        row[0]
        for row in store.tuples("SELECT path FROM system.parts WHERE active AND table = {t:String}", {"t": table})
    ]


class TestTables:
    def test_a_view_that_is_gone_is_found(self, log: SqliteLog, store: Store, table: str) -> None:
        """It fills a table that holds all that was vouched for, and nothing of what comes next."""
        view = f"to_{table}"
        create_view = f"CREATE MATERIALIZED VIEW {view} TO {table} AS SELECT a, v FROM {table}_source"
        store.command(f"CREATE TABLE {table}_source AS {table}")
        store.command(create_view)
        try:
            reader = Position(Positions(log, Checkpoints(store, store.embedded), table, STATEMENTS, [table], [view]))
            log.append(STATEMENTS, Entry("", b"0"))
            store.insert(f"{table}_source", ["a", "v"], ["UInt64", "UInt64"], [[0], [0]])
            reader.advance(1)
            reader.check()
            store.command(f"DROP VIEW {view} SYNC")
            for vouches in (reader.check, lambda: reader.advance(1), reader.resume):
                with pytest.raises(TablesLost, match=f"{view} is missing"):
                    vouches()
            store.command(create_view)
            reader.check()
        finally:
            store.command(f"DROP VIEW IF EXISTS {view} SYNC")
            store.command(f"DROP TABLE {table}_source SYNC")

    def test_nothing_is_lost_by_restarts_merges_and_inserts(self, log: SqliteLog, store: Store, table: str) -> None:
        for _ in range(3):
            reader = work(log, store, table)
            store.command(f"OPTIMIZE TABLE {table} FINAL")
            reader.check()
            store.insert(table, ["a", "v"], ["UInt64", "UInt64"], [[7], [7]])  # by one who died before it vouched
        assert position(log, store, table).resume() == 9
        assert log.committed(table, STATEMENTS) == 9

    @pytest.mark.parametrize("how", ["cut", "gone"])
    def test_a_part_whose_file_is_cut_is_found(self, log: SqliteLog, store: Store, table: str, how: str) -> None:
        """By whoever looks, and not with every batch; the engine goes on listing it."""
        store.command(f"SYSTEM STOP MERGES {table}")
        reader = work(log, store, table)
        reader.check()
        file = Path(parts(store, table)[1]) / "data.bin"
        if how == "cut":
            file.write_bytes(file.read_bytes()[:-1])
        else:
            file.unlink()
        for looks in (reader.check, position(log, store, table).resume):
            with pytest.raises(TablesLost, match="lacks 1 of 3 blocks"):
                looks()

    @pytest.mark.parametrize(
        ("sql", "message"),
        [
            ("TRUNCATE TABLE {t}", "lacks 3 of 3 blocks"),
            ("DROP TABLE {t} SYNC", "is missing"),
            ("ALTER TABLE {t} DROP PART '{part}'", "lacks 1 of 3 blocks"),
            ("ALTER TABLE {t} DETACH PART '{part}'", "lacks 1 of 3 blocks"),
            ("CREATE OR REPLACE TABLE {t} AS {t}", "is another"),
        ],
    )
    @pytest.mark.parametrize("more", [False, True])
    def test_a_loss_is_found(
        self, log: SqliteLog, store: Store, table: str, sql: str, message: str, more: bool
    ) -> None:
        store.command(f"SYSTEM STOP MERGES {table}")
        reader = work(log, store, table)
        part = random.Random(1).choice(parts(store, table)).rstrip("/").rpartition("/")[2]
        store.command(sql.format(t=table, part=part))
        if more and "DROP TABLE" not in sql:  # as many blocks as were lost, and more
            for n in range(5):
                store.insert(table, ["a", "v"], ["UInt64", "UInt64"], [[n], [n]])
        for find in (reader.check, lambda: reader.advance(3), position(log, store, table).resume):
            with pytest.raises(TablesLost, match=message) as lost:
                find()
            assert list(lost.value.tables) == [table]

    def test_a_part_whose_files_are_gone_under_a_running_engine(self, log: SqliteLog, store: Store, table: str) -> None:
        store.command(f"SYSTEM STOP MERGES {table}")
        reader = work(log, store, table)
        shutil.rmtree(parts(store, table)[1])
        with pytest.raises(TablesLost, match="lacks 1 of 3 blocks"):
            reader.check()

    def test_an_older_copy(self, log: SqliteLog, store: Store, table: str) -> None:
        """The table as it was some inserts ago, under the same name."""
        work(log, store, table)
        older = f"{table}_older"
        store.command(f"CREATE TABLE {older} AS {table}")
        store.command(f"ALTER TABLE {older} ATTACH PARTITION tuple() FROM {table}")
        reader = work(log, store, table)
        store.command(f"EXCHANGE TABLES {table} AND {older}")
        store.command(f"DROP TABLE {older} SYNC")
        with pytest.raises(TablesLost):
            reader.check()

    def test_a_table_that_was_replaced_on_purpose(self, log: SqliteLog, store: Store, table: str) -> None:
        reader = work(log, store, table)
        store.command(f"CREATE OR REPLACE TABLE {table} AS {table}")
        Positions(log, Checkpoints(store, store.embedded), table, STATEMENTS, [table]).replaced()
        reader.check()
        reader.advance(3)
        assert position(log, store, table).resume() == 3

    def test_a_table_that_was_rebuilt_is_vouched_for_from_then_on(
        self, log: SqliteLog, store: Store, table: str
    ) -> None:
        """Not by a checkpoint that is older than those of the table that was lost."""
        work(log, store, table)
        store.command(f"CREATE OR REPLACE TABLE {table} AS {table}")
        position(log, store, table).advance(2)  # as a rebuild does, which has read nothing of the lost one
        reader = position(log, store, table)
        assert reader.resume() == 2
        reader.advance(3)
        assert position(log, store, table).resume() == 3

    @given(st.lists(st.integers(1, 30), min_size=1, max_size=30), st.data())
    def test_a_lost_part_is_found_however_parts_were_merged(self, cuts: list[int], data: st.DataObject) -> None:
        """Blocks in parts, of which neighbours are merged; then one part goes, and more blocks come."""
        edges = sorted(set(cuts) | {0, 31})
        table_parts = [TablePart(first + 1, last, 1) for first, last in pairwise(edges)]
        vouched = StoreContents({"t": "u"}, {"t": table_parts}).held()
        merged = list(table_parts)
        for _ in range(data.draw(st.integers(0, len(table_parts) - 1))):
            at = data.draw(st.integers(0, len(merged) - 2))
            merged[at : at + 2] = [TablePart(merged[at].first, merged[at + 1].last, 1)]
        newer = [TablePart(n, n, 1) for n in range(32, 32 + data.draw(st.integers(0, 40)))]
        spans: bool = data.draw(st.booleans())
        if newer and spans:  # merged with those that were not vouched for
            merged[-1:], newer = [TablePart(merged[-1].first, newer[0].last, 1)], newer[1:]
        assert StoreContents({"t": "u"}, {"t": merged + newer}).lacks(vouched) == {}
        gone = data.draw(st.integers(0, len(merged) - 1))
        parts_left = merged[:gone] + merged[gone + 1 :] + newer
        assert "t" in StoreContents({"t": "u"}, {"t": parts_left}).lacks(vouched)


class TestLog:
    def copy(self, log: SqliteLog, folder: Path) -> None:
        """The log's files, as a backup that is made while it stands still."""
        log.close()
        shutil.copytree(log.folder, folder)

    def test_an_older_log(self, tmp_path: Path, store: Store, table: str) -> None:
        log = SqliteLog(tmp_path / "log")
        work(log, store, table)
        self.copy(log, tmp_path / "older")
        log = SqliteLog(tmp_path / "log")
        reader = work(log, store, table)
        log.close()
        older = SqliteLog(tmp_path / "older")
        with pytest.raises(OtherLog, match="it ends at 3"):
            position(older, store, table).resume()
        for n in range(8):  # it has grown past the checkpoint, with other records
            older.append(STATEMENTS, Entry("", b"other %d" % n))
        for _ in range(2):  # however often it is tried
            with pytest.raises(OtherLog, match="other records before position 6"):
                position(older, store, table).resume()
        older.close()
        assert reader is not None

    def test_another_log(self, tmp_path: Path, log: SqliteLog, store: Store, table: str) -> None:
        work(log, store, table)
        other = SqliteLog(tmp_path / "other")
        with pytest.raises(OtherLog, match="another log"):
            position(other, store, table).resume()
        other.close()

    def test_positions_that_are_newer_than_the_log_count_for_nothing(
        self, log: SqliteLog, store: Store, table: str
    ) -> None:
        work(log, store, table)
        log.commit(table, STATEMENTS, 99)
        assert position(log, store, table).resume() == 3
        assert log.committed(table, STATEMENTS) == 3
