"""Files that are gone from a backup's target between two runs: written again, or named; and what --incomplete does."""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.backup import segments
from lrs.backup.manifest import latest_manifest
from lrs.backup.repair import repair_topic
from lrs.backup.target import BackupFolder
from lrs.cli.backup import backup
from lrs.cli.restore import restore
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from lrs.processes.engine_for import engine_for
from lrs.processes.runtime import Runtime
from schemas.record import CATALOG, STATEMENTS
from tests.lrs.backup.test_backup import append, attach, records
from tests.lrs.backup.test_decision_history import START, decided, history
from tests.support.engine import put_tables

KINDS = ("log", "databases", "attachments", "decision_history")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that nobody serves, with something in every part, and a log of several segments."""
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 200)
    folder = tmp_path / "data"
    put_tables(folder)
    log = SqliteLog(folder / "log")
    for _ in range(5):
        append(log, str(uuid.uuid4()))
    log.append(CATALOG, Entry("school", b"{}"))
    log.close()
    credentials = Credentials(embedded_credentials_url(folder))
    credentials.add("tool", "secret", "school")
    credentials.close()
    attach(folder, b"an essay")
    with engine_for(Runtime(folder)) as store:
        decided(store, "ada", START)
    return folder


def run(command: Any, target: Path, data: Path, *more: str) -> Result:
    return CliRunner().invoke(command, [os.fspath(target), "--data", os.fspath(data), *more])


def kept(target: Path, kind: str) -> list[Path]:
    return sorted(path for path in (target / kind).rglob("*") if path.is_file())


@pytest.mark.parametrize("which", ["every file", "the first"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_gone_is_written_again(kind: str, which: str, data: Path, tmp_path: Path) -> None:
    target, other = tmp_path / "backup", tmp_path / "other"
    assert run(backup, target, data).exit_code == 0
    assert len(kept(target, "log/statements")) > 1
    gone = kept(target, kind) if which == "every file" else kept(target, kind)[:1]
    there = {path: path.stat().st_mtime_ns for path in kept(target, ".") if path not in gone}
    for path in gone:
        path.unlink()
    again = run(backup, target, data)
    assert again.exit_code == 0, again.output
    assert [path for path in gone if not path.exists()] == []
    assert {path: path.stat().st_mtime_ns for path in there} == there
    restored = run(restore, target, other)
    assert restored.exit_code == 0, restored.output
    assert records(other, STATEMENTS) == records(data, STATEMENTS) != []
    assert history(other) == history(data) != []
    credentials = Credentials(embedded_credentials_url(other))
    assert [listed.credential.key for listed in credentials.listed()] == ["tool"]
    credentials.close()
    assert len(kept(other, "attachments")) == 1


@pytest.mark.parametrize("way", ["the file is put back", "the log is mended"])
def test_a_segment_whose_records_the_log_has_lost_too_is_named_with_the_way_out(
    way: str, data: Path, tmp_path: Path
) -> None:
    target, copy = tmp_path / "backup", tmp_path / "copy"
    assert run(backup, target, data).exit_code == 0
    shutil.copytree(target, copy)
    gone = kept(target, "log/statements")[0]
    gone.unlink()
    with sqlite3.connect(data / "log" / "statements.db") as connection:
        connection.execute("DELETE FROM records WHERE position = 0")
    again = run(backup, target, data)
    assert again.exit_code == 1
    assert gone.relative_to(target).as_posix() in again.output
    manifest = latest_manifest(BackupFolder(target))
    assert manifest is not None
    assert manifest.number == 1
    name = gone.relative_to(target).as_posix()
    assert f"put {name} back from another copy of this backup" in again.output
    assert "`lrs verify --log-only --repair BACKUP`" in again.output
    if way == "the file is put back":
        shutil.copy(copy / name, gone)
    else:
        assert repair_topic(data / "log", STATEMENTS, BackupFolder(copy), manifest) == 1
    again = run(backup, target, data)
    assert (again.exit_code, gone.exists()) == (0, True), again.output
    assert run(restore, target, tmp_path / "other").exit_code == 0
    restored = records(tmp_path / "other", STATEMENTS)
    assert len(restored) == 5


def test_a_history_that_is_gone_from_both_is_named_and_the_rest_is_backed_up(data: Path, tmp_path: Path) -> None:
    target, other = tmp_path / "backup", tmp_path / "other"
    assert run(backup, target, data).exit_code == 0
    [gone] = kept(target, "decision_history")
    gone.unlink()
    shutil.rmtree(data / "engine")
    log = SqliteLog(data / "log")
    append(log, str(uuid.uuid4()))
    log.close()
    again = run(backup, target, data)
    assert (again.exit_code, gone.name in again.output) == (1, True), again.output
    restored = run(restore, target, other, "--incomplete")
    assert restored.exit_code == 0, restored.output
    assert records(other, STATEMENTS) == records(data, STATEMENTS)


@pytest.mark.parametrize("damage", ["gone", "changed"])
def test_a_history_that_is_not_whole_keeps_nobody_from_the_rest(damage: str, data: Path, tmp_path: Path) -> None:
    target, other = tmp_path / "backup", tmp_path / "other"
    assert run(backup, target, data).exit_code == 0
    [path] = kept(target, "decision_history")
    path.unlink() if damage == "gone" else path.write_bytes(b"?")
    refused = run(restore, target, other)
    assert refused.exit_code == 1
    assert path.name in refused.output
    assert "--incomplete restores the rest" in refused.output
    assert not (other / "log").exists()
    restored = run(restore, target, other, "--incomplete", "--json")
    assert restored.exit_code == 0, restored.output
    assert path.name in orjson.loads(restored.stdout)["lacks_history"][0]
    assert "the history of decisions is not restored" in restored.stderr
    assert records(other, STATEMENTS) == records(data, STATEMENTS)
