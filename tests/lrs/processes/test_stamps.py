"""Parts of a folder that are missing, recreated or older than the others are named; intact ones are not."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrs.attachments.setting import open_attachments
from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.backup.databases import PARTS
from lrs.cli.accept import accept
from lrs.log import Entry, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.processes.runtime import Runtime
from lrs.processes.stamp_writer import StampWriter
from lrs.processes.stamps import DATABASE_FILES, LostPart, PartsLost, Stamps
from schemas.record import CATALOG, REVOCATIONS, STATEMENTS, Bundle
from tests.support.eventually import eventually
from tests.support.server import free_port


def work(data: Path, topics: tuple[str, ...] = (STATEMENTS, CATALOG)) -> None:
    """Change every part."""
    with closing(SqliteLog(data / "log")) as log:
        for topic in topics:
            statement_id = str(uuid.uuid4())
            value = Bundle("t", "tool", 1, 0, [statement_id], [b"{}"]).encode() if topic == STATEMENTS else b"{}"
            log.append(
                topic, Entry(statement_id, value, 1, [UniqueId("t", statement_id)] if topic == STATEMENTS else [])
            )
        log.commit("admit", STATEMENTS, log.end(STATEMENTS))
    with closing(Credentials(embedded_credentials_url(data))) as credentials:
        credentials.add(str(uuid.uuid4()), "s")
    for part in PARTS:
        part.make(part.url(data, None)).close()
    open_attachments(data, None)


def stamp(data: Path) -> None:
    with closing(SqliteLog(data / "log")) as log:
        Stamps(Runtime(data)).write(log)


def lost(data: Path) -> dict[str, LostPart]:
    there = (data / "log").is_dir()
    log = SqliteLog(data / "log") if there else None
    try:
        return {lost_part.part: lost_part for lost_part in Stamps(Runtime(data)).lost(log)}
    finally:
        if log is not None:
            log.close()


def copy(data: Path, to: Path) -> None:
    """As files, each at rest."""
    for file in data.rglob("*.db"):
        with sqlite3.connect(file) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    shutil.copytree(data, to)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder that went on since a snapshot of it was made, beside it."""
    folder = tmp_path / "data"
    work(folder)
    stamp(folder)
    copy(folder, tmp_path / "older")
    for _ in range(3):
        work(folder)
        stamp(folder)
    return folder


def put_back(data: Path, *files: str) -> None:
    """Put files of the snapshot in the place of those that there are."""
    for file in files:
        for suffix in ("-wal", "-shm"):
            (data / f"{file}{suffix}").unlink(missing_ok=True)
        shutil.copy(data.parent / "older" / file, data / file)


def put_back_attachments(data: Path) -> None:
    shutil.rmtree(data / "attachments")
    shutil.copytree(data.parent / "older" / "attachments", data / "attachments")


def test_every_database_is_stamped() -> None:
    assert set(DATABASE_FILES) == {f"{part.name}.db" for part in PARTS}


def test_what_is_whole_is_left_alone(data: Path, tmp_path: Path) -> None:
    assert lost(data) == {}
    work(data, (STATEMENTS, CATALOG, REVOCATIONS))  # since the last round
    assert lost(data) == {}
    copy(data, tmp_path / "moved")
    assert lost(tmp_path / "moved") == lost(tmp_path / "older") == {}
    assert lost(tmp_path / "nothing") == {}


def test_a_round_that_was_cut_short_blames_nobody(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    def cut(self: Stamps, part: str, stamp: object) -> None:
        if len(written) == 2:
            raise OSError("killed")
        written.append(part)
        write(self, part, stamp)  # type: ignore[arg-type]

    write = Stamps._write
    monkeypatch.setattr(Stamps, "_write", cut)
    with pytest.raises(OSError, match="killed"):
        stamp(data)
    monkeypatch.undo()
    assert lost(data) == {}
    stamp(data)
    put_back(data, "documents.db")
    assert set(lost(data)) == {"documents.db"}


@pytest.mark.parametrize("seen_last", [True, False])
@pytest.mark.parametrize("part", [*DATABASE_FILES, "log/statements.db", "log/catalog.db", "log/positions.db"])
def test_a_part_of_another_restore_is_named_whichever_counted_further(part: str, seen_last: bool, data: Path) -> None:
    folders = (data.parent / "older", data) if seen_last else (data, data.parent / "older")
    for rounds, folder in enumerate(folders, 1):
        with closing(SqliteLog(folder / "log")) as log:
            Stamps(Runtime(folder)).accept(log)  # as a restore does
        for _ in range(rounds):
            stamp(folder)
    copy(data, data.parent / "mixed")  # with what SQLite has not written back yet
    copy(data.parent / "older", data.parent / "source")
    shutil.copy(data.parent / "source" / part, data.parent / "mixed" / part)
    named = lost(data.parent / "mixed")
    assert part in named or set(named) >= {*DATABASE_FILES} - {part}
    with closing(SqliteLog(data.parent / "mixed" / "log")) as log, pytest.raises(PartsLost, match="another restore"):
        Stamps(Runtime(data.parent / "mixed")).write(log)


@pytest.mark.parametrize("part", ["documents.db", "log/catalog.db"])
def test_no_round_forgets_a_part(part: str, data: Path) -> None:
    (data / part).unlink()
    with pytest.raises(PartsLost, match=f"{part} is gone"):
        stamp(data)
    assert set(lost(data)) == {part}


@pytest.mark.parametrize("part", [*DATABASE_FILES, "log/statements.db", "log/catalog.db"])
@pytest.mark.parametrize("how", ["older", "gone", "recreated"])
def test_each_part_is_named(part: str, how: str, data: Path) -> None:
    put_back(data, part)
    if how != "older":
        (data / part).unlink()
    if how == "recreated":
        work(data)
    lost_parts = lost(data)
    assert set(lost_parts) == {part}
    assert lost_parts[part].log == part.startswith("log/")
    reason = {"older": "is older than the others", "gone": "is gone", "recreated": "is another than it was"}[how]
    assert reason in str(lost_parts[part])


def test_positions_have_seen_what_all_others_lack_and_are_not_missed_themselves(data: Path) -> None:
    for file in [*DATABASE_FILES, "stamp.json", *(f"log/{topic}.db" for topic in (STATEMENTS, CATALOG))]:
        put_back(data, file)
    put_back_attachments(data)
    assert set(lost(data)) == {*DATABASE_FILES, f"log/{STATEMENTS}.db", f"log/{CATALOG}.db", "attachments"}
    shutil.copy(data.parent / "older" / "log" / "positions.db", data / "log" / "positions.db")
    assert lost(data) == {}


def test_attachments_that_are_older_are_named_and_have_seen_what_all_others_lack(data: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer"
    shutil.copytree(data / "attachments", newer)
    put_back_attachments(data)
    assert set(lost(data)) == {"attachments"}
    assert "is older than the others" in str(lost(data)["attachments"])
    shutil.rmtree(data)
    shutil.copytree(tmp_path / "older", data)
    assert lost(data) == {}
    shutil.rmtree(data / "attachments")
    shutil.copytree(newer, data / "attachments")
    assert set(lost(data)) == {*DATABASE_FILES, f"log/{STATEMENTS}.db", f"log/{CATALOG}.db"}


@pytest.mark.parametrize("gone", [True, False])
def test_older_positions_are_no_loss(gone: bool, data: Path) -> None:
    put_back(data, "log/positions.db")
    if gone:
        (data / "log" / "positions.db").unlink()
    assert lost(data) == {}
    stamp(data)
    assert lost(data) == {}


def test_the_log_and_the_tables_are_gone_beside_the_databases(data: Path) -> None:
    shutil.rmtree(data / "log")
    (data / "stamp.json").unlink()
    assert {"log/statements.db", "log/catalog.db"} == set(lost(data))
    assert all(lost_part.log for lost_part in lost(data).values())


def test_the_attachments_are_gone_or_recreated(data: Path) -> None:
    shutil.rmtree(data / "attachments")
    assert str(lost(data)["attachments"]) == "attachments is gone"
    open_attachments(data, None)
    assert str(lost(data)["attachments"]) == "attachments is another folder than it was"


def test_any_mixture_of_two_snapshots_is_found(data: Path, tmp_path: Path) -> None:
    files = sorted(file.relative_to(data).as_posix() for file in data.rglob("*.db"))
    copy(data, tmp_path / "whole")
    draw = random.Random(5)
    for _ in range(40):
        older = draw.sample(files, draw.randint(1, len(files)))
        shutil.rmtree(data)
        shutil.copytree(tmp_path / "whole", data)
        put_back(data, *older)
        if draw.random() < 0.5:
            put_back(data, "stamp.json")
        lost_parts = lost(data)
        if set(older) | {"log/positions.db"} == set(files):
            continue  # all of one moment: that is a snapshot, and fits together
        assert lost_parts or older == ["log/positions.db"], older  # positions follow from the tables
        assert set(lost_parts) <= set(older)


def test_serve_does_not_start_with_an_older_database_until_it_is_accepted(data: Path) -> None:
    put_back(data, "credentials.db")
    (data / "documents.db").unlink()
    words = [sys.executable, "-m", "lrs.cli.main", "serve", "--data", os.fspath(data), "--port", str(free_port())]
    started = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert started.returncode == 6, started.stderr
    assert "credentials.db is older than the others, by 0:00:0" in started.stderr
    assert "documents.db is gone" in started.stderr
    accepted = CliRunner().invoke(accept, ["--data", os.fspath(data)])
    assert (accepted.exit_code, accepted.output.count("accepted as it is")) == (0, 2)
    assert lost(data) == {}
    assert "no part is older" in CliRunner().invoke(accept, ["--data", os.fspath(data)]).output


def test_rounds_follow_changes_and_a_part_that_goes_is_noticed(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("ROUND_SECONDS", 0.05), ("LOOK_SECONDS", 0.1)):
        monkeypatch.setattr(f"lrs.processes.stamp_writer.{name}", seconds)
    log = SqliteLog(data / "log")
    stamping = StampWriter(Stamps(Runtime(data)), log, data)
    stamping.start()

    def number() -> int:
        read_stamp = Stamps(Runtime(data))._read("stamp.json")
        assert read_stamp is not None
        return read_stamp.number

    eventually(lambda: number() == 5)
    stamping._stop.wait(0.5)
    assert number() == 5  # nothing changed
    log.append(STATEMENTS, Entry("k", b"x"))
    eventually(lambda: number() == 6)
    (data / "documents.db").unlink()
    eventually(lambda: stamping.lost is not None)
    # Whoever looks first says so: at what is open, or at what the stamp names.
    assert any(f"documents.db {reason}" in str(stamping.lost) for reason in ("was removed", "is gone"))
    stamping.close()
    log.close()


@pytest.mark.parametrize("journal", ["documents.db-wal", "credentials.db-shm", "log/statements.db-wal"])
def test_no_stamp_vouches_for_a_file_whose_journal_is_gone(
    journal: str, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lrs.processes.stamp_writer.ROUND_SECONDS", 0.05)
    log = SqliteLog(data / "log")
    stamping = StampWriter(Stamps(Runtime(data)), log, data)
    stamping.start()
    eventually(lambda: (data / journal).exists())
    stamping._stop.wait(0.5)
    before = (data / "stamp.json").read_bytes()
    (data / journal).unlink()
    eventually(lambda: stamping.lost is not None)
    assert f"{journal} was removed or replaced" in str(stamping.lost)
    assert (data / "stamp.json").read_bytes() == before
    stamping.close()
    log.close()
