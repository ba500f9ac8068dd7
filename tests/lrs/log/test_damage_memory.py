"""Damage of the embedded log, in any topic, is named by whoever looks after the store until it was mended."""

from __future__ import annotations

import errno
import os
import sqlite3
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from lrs.backup.backup import back_up
from lrs.backup.target import BackupFolder
from lrs.cli.doctor import doctor
from lrs.cli.rebuild import rebuild
from lrs.cli.verify import verify
from lrs.errors import LostData
from lrs.log import Damaged, Entry, UniqueId, damage_memory, record_at
from lrs.log.damage_memory import DAMAGED, leave_out, remembered
from lrs.log.sqlite import SqliteLog
from lrs.processes import checksum_look
from lrs.processes.assemble import damage_texts
from lrs.processes.checksum_look import ChecksumLook
from lrs.processes.runtime import Runtime
from schemas.record import CATALOG, DEAD_LETTERS, DECIDE, OBSERVATIONS, STATEMENTS, Bundle

TOPICS = [STATEMENTS, OBSERVATIONS, CATALOG, DECIDE, DEAD_LETTERS]
COUNT, WRONG = 20, 7


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with closing(SqliteLog(tmp_path / "data" / "log")) as log:
        for topic in TOPICS:
            for _ in range(COUNT):
                id_ = str(uuid.uuid4())
                bundle = Bundle("school", "tool", 1, 0, [id_], [b"{}" * 3_000])
                ids = [UniqueId("school", id_)] if topic == STATEMENTS else []
                log.append(topic, Entry(id_, bundle.encode(), 1, ids))
    return tmp_path / "data"


def flip_value(data: Path, topic: str) -> None:
    with closing(sqlite3.connect(data / "log" / f"{topic}.db")) as connection, connection:
        connection.execute("UPDATE records SET value = x'00' || substr(value, 2) WHERE position = ?", (WRONG,))


def command(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(verify, ["--data", os.fspath(data), "--log-only", *arguments])


def places(data: Path) -> list[tuple[str, int, int]]:
    return [record.place for record in remembered(data / "log")]


@pytest.mark.parametrize("topic", TOPICS)
def test_what_a_read_meets_is_remembered_until_it_is_mended(data: Path, tmp_path: Path, topic: str) -> None:
    back_up(Runtime(data), BackupFolder(tmp_path / "backup"))
    flip_value(data, topic)
    with closing(SqliteLog(data / "log")) as log:
        for _ in range(2):
            with pytest.raises(Damaged):
                log.read(topic, WRONG, 1)
    [record] = remembered(data / "log")
    assert record.place == (topic, 0, WRONG)
    assert len(record.ids) == (topic == STATEMENTS)
    [text] = damage_texts(Runtime(data))
    assert f"position {WRONG} of partition 0 of {topic}" in text
    assert "503" in text
    assert "lrs verify --log-only --repair" in text
    told = CliRunner().invoke(doctor, ["--data", os.fspath(data)])
    assert f"BAD  records: position {WRONG} of partition 0 of {topic}" in told.output
    assert command(data, "--repair", os.fspath(tmp_path / "backup")).exit_code == 0
    assert places(data) == []
    assert damage_texts(Runtime(data)) == []


@pytest.mark.parametrize("topic", TOPICS)
def test_verify_remembers_what_it_finds(data: Path, topic: str) -> None:
    flip_value(data, topic)
    assert command(data).exit_code == 1
    assert places(data) == [(topic, 0, WRONG)]


@pytest.mark.parametrize("topic", TOPICS)
def test_damage_that_nobody_reads_is_found(data: Path, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the process starts again before each piece."""
    flip_value(data, topic)
    monkeypatch.setattr(checksum_look, "LOOK_BYTES", 20_000)
    pieces = 1
    while not _look(data):
        pieces += 1
    assert places(data) == [(topic, 0, WRONG)]
    assert 10 < pieces < 100
    assert not _look(data)  # the next round begins where the log does


def _look(data: Path) -> bool:
    with closing(SqliteLog(data / "log")) as log:
        return ChecksumLook(log).look()


@pytest.mark.parametrize("topic", TOPICS)
def test_the_doctor_names_a_damaged_page(data: Path, topic: str) -> None:
    """Any page of any file: a finding, and no traceback."""
    path = data / "log" / f"{topic}.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = path.read_bytes()
    for page in range(len(whole) // 16384):
        for suffix in ("-wal", "-shm"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        (data / "log" / DAMAGED).unlink(missing_ok=True)
        path.write_bytes(whole[: page * 16384] + b"\xa5" * 16384 + whole[(page + 1) * 16384 :])
        command(data)
        told = CliRunner().invoke(doctor, ["--data", os.fspath(data)])
        assert isinstance(told.exception, SystemExit), (page, told.exception)
        assert told.exit_code == 1


def test_a_memory_that_cannot_be_read_is_said_and_written_again(data: Path) -> None:
    (data / "log" / DAMAGED).write_bytes(b"[{")
    with pytest.raises(LostData, match="lrs verify"):
        remembered(data / "log")
    told = CliRunner().invoke(doctor, ["--data", os.fspath(data)])
    assert f"BAD  records: {DAMAGED}" in told.output
    flip_value(data, OBSERVATIONS)
    with closing(SqliteLog(data / "log")) as log, pytest.raises(Damaged):  # the damage itself is told all the same
        log.read(OBSERVATIONS, WRONG, 1)
    assert command(data).exit_code == 1
    assert places(data) == [(OBSERVATIONS, 0, WRONG)]


def test_verify_goes_on_where_it_cannot_write_down_what_it_found(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), os.fspath(path))

    flip_value(data, CATALOG)
    monkeypatch.setattr(damage_memory, "replace_file", full)
    done = command(data)
    assert done.exit_code == 1
    assert f"position {WRONG} of {CATALOG} is damaged" in done.output
    assert f"BAD  {DAMAGED}" in done.output
    assert "cannot be written down" in done.output


def test_what_is_left_out_is_passed_over_and_stays_named(data: Path) -> None:
    flip_value(data, OBSERVATIONS)
    assert command(data).exit_code == 1
    assert leave_out(data / "log", [(OBSERVATIONS, 0, WRONG + 1)]) == [(OBSERVATIONS, 0, WRONG + 1)]
    with closing(SqliteLog(data / "log")) as log, pytest.raises(Damaged):
        log.read(OBSERVATIONS, WRONG, 1)
    assert leave_out(data / "log", [(OBSERVATIONS, 0, WRONG)]) == []
    with closing(SqliteLog(data / "log")) as log:
        read: list[int] = []
        while records := log.read(OBSERVATIONS, read[-1] + 1 if read else 0, 5):
            read += [record.position for record in records]
        assert read == [position for position in range(COUNT) if position != WRONG]
        with pytest.raises(Damaged, match="passed over"):
            record_at(log, OBSERVATIONS, WRONG)
    assert command(data).exit_code == 1  # which does not forget
    [text] = damage_texts(Runtime(data))
    assert "the tables are without it" in text


def test_what_was_left_out_and_is_whole_again_is_named_until_a_rebuild(data: Path, tmp_path: Path) -> None:
    back_up(Runtime(data), BackupFolder(tmp_path / "backup"))
    flip_value(data, OBSERVATIONS)
    command(data)
    leave_out(data / "log", [(OBSERVATIONS, 0, WRONG)])
    assert command(data, "--repair", os.fspath(tmp_path / "backup")).exit_code == 0
    [text] = damage_texts(Runtime(data))
    assert "was damaged and is whole again; the tables are without it until `lrs rebuild` was run" in text
    with closing(SqliteLog(data / "log")) as log:
        assert record_at(log, OBSERVATIONS, WRONG).position == WRONG
    leave_out(data / "log", [])
    assert command(data).exit_code == 0
    assert damage_texts(Runtime(data)) == []


@pytest.mark.parametrize("text", ["statements", ":3", "statements:", "statements:x"])
def test_without_names_a_topic_and_a_position(data: Path, text: str) -> None:
    told = CliRunner().invoke(rebuild, ["--data", os.fspath(data), "--without", text])
    assert told.exit_code == 2
    assert "TOPIC:POSITION" in told.output
