"""What is gone from the history of decisions comes back by `lrs verify --repair`, from a backup of this log."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs.backup.backup import back_up
from lrs.backup.target import BackupFolder
from lrs.cli.verify import verify
from lrs.log.sqlite import SqliteLog
from lrs.processes.engine_for import engine_for
from lrs.processes.runtime import Runtime
from schemas.record import STATEMENTS
from tests.lrs.backup.test_backup import append
from tests.lrs.backup.test_decision_history import START, decided, history
from tests.support.engine import put_tables


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that nobody serves, and its backup."""
    folder = tmp_path / "data"
    fill(folder)
    with engine_for(Runtime(folder)) as store:
        for learner in ("ada", "bo", "cy"):
            decided(store, learner, START)
    back_up(Runtime(folder), BackupFolder(tmp_path / "backup"))
    return folder


def fill(folder: Path) -> None:
    put_tables(folder)
    log = SqliteLog(folder / "log")
    append(log, "7f1c0c2e-62f4-4a04-8d26-0f2b6a3b3d11")
    log.close()


def repair(data: Path, source: str) -> Result:
    return CliRunner().invoke(verify, ["--data", os.fspath(data), "--log-only", "--repair", source])


@pytest.mark.parametrize("lost", ["rows", "table", "engine"])
def test_what_is_gone_is_put_back_and_what_came_since_stays(lost: str, data: Path, tmp_path: Path) -> None:
    if lost == "engine":
        shutil.rmtree(data / "engine")
    else:
        with engine_for(Runtime(data)) as store:
            decided(store, "dee", START)  # since the backup
            store.command(
                "DROP TABLE decision_history SYNC"
                if lost == "table"
                else "ALTER TABLE decision_history DELETE WHERE learner IN ('ada', 'bo') SETTINGS mutations_sync = 2"
            )
    for times, told in enumerate([f"decision_history: rows put back: {2 if lost == 'rows' else 3}", None]):
        done = repair(data, os.fspath(tmp_path / "backup"))
        assert done.exit_code == 0, done.output
        assert told in done.output if told else "decision_history" not in done.output, (times, done.output)
        assert [row[1] for row in history(data)] == ["ada", "bo", "cy", *(["dee"] if lost == "rows" else [])]


def test_the_history_of_another_log_is_not_put_in(data: Path, tmp_path: Path) -> None:
    fill(tmp_path / "other")
    done = repair(tmp_path / "other", os.fspath(tmp_path / "backup"))
    assert done.exit_code == 1
    assert (
        "decision_history was not put back: backup 1 is of another log: its statements has begun otherwise"
        in done.output
    )
    assert history(tmp_path / "other") == []


def test_a_file_that_is_not_whole_is_named_and_the_rest_is_repaired(data: Path, tmp_path: Path) -> None:
    before = history(data)
    with sqlite3.connect(data / "log" / f"{STATEMENTS}.db") as connection:
        connection.execute("UPDATE records SET value = x'00' || value")
    connection.close()
    [file] = (tmp_path / "backup" / "decision_history").iterdir()
    file.write_bytes(b"?")
    done = repair(data, os.fspath(tmp_path / "backup"))
    assert done.exit_code == 1
    assert f"decision_history/{file.name}" in done.output
    assert "statements: records put back: 1" in done.output
    assert history(data) == before


def test_repair_from_tables_names_what_no_table_has(data: Path) -> None:
    done = repair(data, "tables")
    assert done.exit_code == 0, done.output
    for named in ("damaged records of other topics", "the data of attachments", "decision_history"):
        assert named in done.output


@pytest.mark.parametrize("engine", ["none", "no tables", "no rows"])
def test_a_folder_just_restored_is_not_repaired_from_tables_and_says_from_what(
    engine: str, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "restored"
    if engine == "no rows":
        put_tables(folder)
    shutil.copytree(data / "log", folder / "log")
    with sqlite3.connect(folder / "log" / f"{STATEMENTS}.db") as connection:
        connection.execute("UPDATE records SET value = value || 'x' WHERE position = 0")
    connection.close()
    if engine == "no tables":
        with engine_for(Runtime(folder)):
            pass
    done = repair(folder, "tables")
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == 1
    assert "nothing was changed" in done.output
    assert ("tables do not hold" if engine == "no rows" else "from a backup") in done.output
    done = repair(folder, os.fspath(tmp_path / "backup"))
    assert done.exit_code == 0, done.output
    assert "statements: records put back: 1" in done.output
