"""A damaged page at the start or in the middle of any file of a data folder: commands name it, with no traceback."""

from __future__ import annotations

import os
import shutil
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.backup.backup import back_up
from lrs.backup.databases import PARTS
from lrs.backup.target import BackupFolder
from lrs.cli.backup import backup
from lrs.cli.credentials import credentials
from lrs.cli.doctor import doctor
from lrs.cli.verify import verify
from lrs.log import Entry, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_file import page_problem
from lrs.processes.runtime import Runtime
from lrs.processes.stamps import DATABASE_FILES, Stamps
from schemas.record import CATALOG, OBSERVATIONS, REVOCATIONS, STATEMENTS, Bundle

TOPICS = (STATEMENTS, OBSERVATIONS, CATALOG, REVOCATIONS)
LOG_FILES = tuple(f"log/{name}.db" for name in (*TOPICS, "positions"))
JSON_FILES = ("stamp.json", "damaged.json", "attachments-missing.json", "restored.json", "closed_tables.json")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("whole") / "data"
    with closing(SqliteLog(data / "log")) as log:
        for topic in TOPICS:
            for _ in range(12):
                id_ = str(uuid.uuid4())
                bundle = Bundle("school", "tool", 1, 0, [id_], [b"{}" * 3_000])
                log.append(topic, Entry(id_, bundle.encode(), 1, [UniqueId("school", id_)] * (topic == STATEMENTS)))
            log.commit("reader", topic, 1)
        for part in PARTS:
            part.make(part.embedded(data)).close()
        with closing(Credentials(embedded_credentials_url(data))) as kept:
            kept.add("tool", "a long secret")
        Stamps(Runtime(data)).write(log)
    for path in data.rglob("*.db"):
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return data


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "data"))


def damage_page(path: Path, page: int) -> None:
    content = path.read_bytes()
    size = int.from_bytes(content[16:18], "big")
    path.write_bytes(content[: page * size] + b"\xa5" * size + content[(page + 1) * size :])


def run(command: click.Command, data: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(command, [*arguments, "--data", os.fspath(data)])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


@pytest.mark.parametrize("place", ["start", "middle"])
@pytest.mark.parametrize("file", [*DATABASE_FILES, *LOG_FILES])
def test_commands_name_the_file(file: str, place: str, data: Path, tmp_path: Path) -> None:
    path = data / file
    pages = path.stat().st_size // int.from_bytes(path.read_bytes()[16:18], "big")
    damage_page(path, 0 if place == "start" else max(1, pages // 2))
    run(doctor, data)
    run(backup, data, os.fspath(tmp_path / "backup"))
    code, told = run(verify, data, "--log-only")
    if file in LOG_FILES:
        assert (code, path.stem in told) == (1, True), told
    assert page_problem(path)
    if place == "start":
        code, told = run(doctor, data)
        assert (code, path.stem in told, "is damaged" in told or "not a database" in told) == (1, True, True), told
        assert "created again" not in told


def test_a_damaged_page_of_credentials(data: Path) -> None:
    damage_page(data / "credentials.db", 1)
    code, told = run(doctor, data)
    assert code == 1
    assert "BAD  credentials: the credentials' database cannot be read" in told
    assert "put the file back from a backup" in told
    code, told = run(credentials, data, "list")
    assert code == 9
    assert "the credentials' database cannot be read" in told


@pytest.mark.parametrize("content", [b"{", b'"\xa5"', b"\xa5" * 40, b"[1]", b""])
@pytest.mark.parametrize("file", JSON_FILES)
def test_a_damaged_file_that_is_json(file: str, content: bytes, data: Path) -> None:
    (data / ("log" if file == "damaged.json" else "") / file).write_bytes(content)
    code, told = run(doctor, data)
    assert code == 1
    if file != "stamp.json":  # the others carry what it says
        assert file in told
    run(verify, data, "--log-only")


@pytest.mark.parametrize("page", [2, 4])  # the index of times, the epochs
def test_repair_writes_a_file_again_whose_damaged_page_holds_no_record(page: int, data: Path, tmp_path: Path) -> None:
    back_up(Runtime(data), BackupFolder(tmp_path / "backup"))
    path = data / "log" / f"{OBSERVATIONS}.db"
    damage_page(path, page)
    code, told = run(verify, data, "--log-only", "--repair", os.fspath(tmp_path / "backup"))
    assert (code, page_problem(path)) == (0, ""), told


def test_epochs_that_the_backup_does_not_know_are_not_put_back(data: Path, tmp_path: Path) -> None:
    back_up(Runtime(data), BackupFolder(tmp_path / "backup"))
    path = data / "log" / f"{OBSERVATIONS}.db"
    with closing(SqliteLog(data / "log")) as log:
        log.begin_epoch(OBSERVATIONS)
        log.append(OBSERVATIONS, Entry("", b"{}"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    damage_page(path, 4)
    before = path.read_bytes()
    code, told = run(verify, data, "--log-only", "--repair", os.fspath(tmp_path / "backup"))
    assert (code, "nothing was changed" in told, path.read_bytes() == before) == (1, True, True), told
