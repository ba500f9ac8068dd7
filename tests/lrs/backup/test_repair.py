"""Damaged records of the log are put back from a backup, where they fit the chain."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path

import pytest

from lrs.backup.backup import back_up
from lrs.backup.manifest import Manifest
from lrs.backup.repair import repair_topic
from lrs.backup.target import BackupFolder
from lrs.errors import LostData
from lrs.log import Entry, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.processes.runtime import Runtime
from schemas.record import STATEMENTS, Bundle
from tests.support.log_rows import rows


def append(folder: Path, count: int) -> None:
    log = SqliteLog(folder)
    for _ in range(count):
        statement_id = str(uuid.uuid4())
        bundle = Bundle("school", "tool", 1, 0, [statement_id], [b"%d" % count * 3_000])
        log.append(STATEMENTS, Entry(statement_id, bundle.encode(), 1, [UniqueId("school", statement_id)]))
    log.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    append(tmp_path / "data" / "log", 40)
    return tmp_path / "data"


@pytest.fixture
def manifest(data: Path, tmp_path: Path) -> Manifest:
    return back_up(Runtime(data), BackupFolder(tmp_path / "backup"))


def flip(data: Path, *positions: int) -> None:
    with sqlite3.connect(data / "log" / "statements.db") as connection:
        for position in positions:
            connection.execute("UPDATE records SET value = x'00' || value WHERE position = ?", (position,))
    connection.close()


def test_damaged_records_are_put_back(data: Path, tmp_path: Path, manifest: Manifest) -> None:
    append(data / "log", 3)  # since the backup
    whole = rows(data / "log")
    flip(data, 3, 4, 17)
    with sqlite3.connect(data / "log" / "statements.db") as connection:
        connection.execute("DELETE FROM records WHERE position = 30")
    connection.close()
    assert repair_topic(data / "log", STATEMENTS, BackupFolder(tmp_path / "backup"), manifest) == 4
    assert rows(data / "log") == whole
    log = SqliteLog(data / "log")
    for position in range(len(whole)):
        [statement_id] = Bundle.decode(log.read(STATEMENTS, position, 1)[0].value).ids
        assert log.find(STATEMENTS, UniqueId("school", statement_id)) == (position, 0)
    log.close()
    assert (data / "log" / "statements.damaged").exists()
    assert repair_topic(data / "log", STATEMENTS, BackupFolder(tmp_path / "backup"), manifest) == 0


def test_bytes_flipped_in_the_file_are_put_back(data: Path, tmp_path: Path, manifest: Manifest) -> None:
    whole = rows(data / "log")
    file = data / "log" / "statements.db"
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(file.read_bytes())
    at = content.rindex(b"404040404040")  # in a value
    content[at] ^= 1
    file.write_bytes(content)
    assert repair_topic(data / "log", STATEMENTS, BackupFolder(tmp_path / "backup"), manifest) >= 1
    assert rows(data / "log") == whole


def test_what_the_backup_lacks_is_named_and_nothing_changes(data: Path, tmp_path: Path, manifest: Manifest) -> None:
    append(data / "log", 2)
    flip(data, 41)
    before = (data / "log" / "statements.db").read_bytes()
    with pytest.raises(LostData, match="the backup lacks position 41 of statements"):
        repair_topic(data / "log", STATEMENTS, BackupFolder(tmp_path / "backup"), manifest)
    assert (data / "log" / "statements.db").read_bytes() == before


def test_records_of_another_log_do_not_fit(data: Path, tmp_path: Path) -> None:
    append(tmp_path / "other" / "log", 40)
    manifest = back_up(Runtime(tmp_path / "other"), BackupFolder(tmp_path / "backup"))
    flip(data, 5)
    with pytest.raises(LostData, match="do not fit the log"):
        repair_topic(data / "log", STATEMENTS, BackupFolder(tmp_path / "backup"), manifest)
