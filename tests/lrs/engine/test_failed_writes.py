"""A write to a file that fails, as on a full disk: chDB says nothing of it, so the engine ends and loses nothing."""

from __future__ import annotations

import resource
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from lrs import exits
from lrs.engine.chdb import count_writes
from lrs.store.durable_tables import durable_sql
from tests.support.engine_process import client, start, stop

TABLE = durable_sql("CREATE TABLE t (a UInt64, s String) ENGINE = ReplacingMergeTree ORDER BY a")
ROWS = 1_000  # of 500 bytes, none of which can be compressed
LARGEST = 1_000_000  # bytes of a file: the rows of one insert, and not those of two


def limit_files(process: subprocess.Popen[bytes], size: int) -> None:
    """Have each write of a process fail that would make a file larger than so many bytes."""
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))


def rows(data: Path) -> bytes:
    with client(data) as db:
        return bytes(db.raw_query("SELECT a, hex(s) FROM t FINAL ORDER BY a", fmt="TSV"))


def insert(data: Path, first: int) -> None:
    with client(data) as db:
        db.command(f"INSERT INTO t SELECT number + {first}, randomString(500) FROM numbers({ROWS})")


def ended(process: subprocess.Popen[bytes]) -> str:
    """What an engine said that ended by itself."""
    _, errors = process.communicate(timeout=60)
    assert process.returncode == exits.UNAVAILABLE
    return errors.decode()


def test_an_insert_that_was_not_written_is_not_acknowledged(tmp_path: Path) -> None:
    process = start(tmp_path)
    with client(tmp_path) as db:
        db.command(TABLE)
    insert(tmp_path, 0)
    before = rows(tmp_path)
    limit_files(process, 100_000)
    with pytest.raises(ClickHouseError):
        insert(tmp_path, ROWS)
    assert "make room" in ended(process)
    process = start(tmp_path)
    assert rows(tmp_path) == before
    stop(process)


def test_a_merge_that_was_not_written_takes_no_rows_away(tmp_path: Path) -> None:
    process = start(tmp_path)
    with client(tmp_path) as db:
        db.command(TABLE)
        db.command("SYSTEM STOP MERGES t")
    for number in range(4):
        insert(tmp_path, number * ROWS)
    before = rows(tmp_path)
    limit_files(process, LARGEST)
    with client(tmp_path) as db:
        db.command("SYSTEM START MERGES t")
        with suppress(ClickHouseError):  # or a second later
            db.command("OPTIMIZE TABLE t FINAL")
    assert "make room" in ended(process)
    for _ in range(2):  # what was set aside at a start is removed at the next
        process = start(tmp_path)
        assert rows(tmp_path) == before
        stop(process)
    assert not list(tmp_path.glob("engine/store/*/*/detached/broken*"))


def test_a_write_that_failed_is_counted_as_one() -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        before = count_writes()
        with pytest.raises(OSError, match="No space"):
            full.write(b"x")
        assert before is None or (count_writes() or 0) > before


def test_inserts_and_merges_leave_room_for_others(data: Path) -> None:
    with client(data) as db:
        assert db.query("SELECT min(keep_free_space) >= 64 * 1024 * 1024 FROM system.disks").result_rows == [(1,)]
