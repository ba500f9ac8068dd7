"""A transactional database or an object store on a server that is older than the others is named, by how much."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, text

from lrs import exits
from lrs.attachments.objects import bucket_store
from lrs.attachments.setting import parse_bucket
from lrs.backup.backup import back_up
from lrs.backup.restore import restore_backup
from lrs.backup.target import BackupFolder
from lrs.cli.accept import accept
from lrs.cli.doctor import examine
from lrs.clock import system_time
from lrs.database import exclusive_lock
from lrs.errors import Held, Transient
from lrs.log import Entry
from lrs.log.kafka_address import KafkaAddress
from lrs.log.sqlite import SqliteLog
from lrs.processes.runtime import Runtime
from lrs.processes.shared_stamps import SHARED_ROUND_SECONDS, SharedStamps, SharedStampWriter
from lrs.processes.stamp_bucket import StampBucket
from lrs.processes.stamp_places import SharedStamp, server_places, stamp_keeper
from lrs.processes.stamps import PartsLost
from schemas.record import CATALOG
from tests.support import postgres
from tests.support.objects import BUCKET, ObjectStore


class Minutes:
    """A clock that goes on by a minute with each round: what asks twice in one sees no time pass."""

    def __init__(self) -> None:
        self.now = 1_000_000_000

    def __call__(self) -> int:
        return self.now

    def round(self, runtime: Runtime) -> None:
        self.now += 60_000_000
        with closing(SharedStamps(runtime, self)) as stamps:
            stamps.write()


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres.running() as url:
        yield url


@pytest.fixture
def minutes() -> Minutes:
    return Minutes()


@pytest.fixture
def runtime(database: str, objects: ObjectStore, tmp_path: Path, minutes: Minutes) -> Runtime:
    """One machine, with PostgreSQL and an object store, after a round."""
    made = Runtime(tmp_path / "data", database=database, attachments=f"s3://{BUCKET}/{tmp_path.name}")
    made.data.mkdir()
    minutes.round(made)
    return made


def forget(database: str) -> None:
    """Put the database in the state of one that was just created."""
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS pacer_shared_stamp"))
    engine.dispose()


def kept(runtime: Runtime, part: str) -> SharedStamp:
    """The state of a part's stamp, as a backup of its server has it."""
    found = server_places(runtime)[part].read(stamp_keeper(runtime).installation())
    assert found is not None
    return found


def put_back(runtime: Runtime, part: str, older: SharedStamp) -> None:
    server_places(runtime)[part].write(older)


def found(runtime: Runtime) -> list[str]:
    with closing(SharedStamps(runtime)) as stamps:
        return [str(part) for part in stamps.lost()]


@pytest.mark.parametrize("part", ["database", "attachments"])
def test_an_older_server_is_named_until_it_is_accepted(part: str, runtime: Runtime, minutes: Minutes) -> None:
    older = kept(runtime, part)
    minutes.round(runtime)
    minutes.round(runtime)
    assert found(runtime) == []
    put_back(runtime, part, older)
    assert found(runtime) == [f"{part} is older than the others, by 0:02:00"]
    with pytest.raises(PartsLost, match=f"{part} is older"):  # no round forgets it
        minutes.round(runtime)
    SharedStamps(runtime).accept()
    assert found(runtime) == []


def test_a_data_folder_that_is_older_than_its_servers_is_named(runtime: Runtime, minutes: Minutes) -> None:
    older = (runtime.data / "shared_stamp.json").read_bytes()
    for _ in range(3):
        minutes.round(runtime)
    (runtime.data / "shared_stamp.json").write_bytes(older)
    assert found(runtime) == ["data is older than the others, by 0:03:00"]


def test_a_database_that_was_created_again_is_named(runtime: Runtime, database: str) -> None:
    forget(database)
    assert found(runtime) == ["database is another than it was: it carries no stamp"]


def test_a_bucket_that_lost_its_objects_is_named(runtime: Runtime) -> None:
    assert runtime.attachments
    bucket = bucket_store(*parse_bucket(runtime.attachments))
    bucket.delete([listed["path"] for page in bucket.list() for listed in page])
    assert found(runtime) == ["attachments is another than it was: it carries no stamp"]


def test_a_part_that_joins_later_is_no_loss(runtime: Runtime, minutes: Minutes, tmp_path: Path) -> None:
    alone = replace(runtime, data=tmp_path / "other", database=None)
    minutes.round(alone)
    minutes.round(alone)
    assert found(replace(alone, database=runtime.database)) == []


def test_installations_that_share_servers_are_compared_each_with_itself(
    runtime: Runtime, minutes: Minutes, tmp_path: Path
) -> None:
    other = replace(runtime, data=tmp_path / "other", database=f"sqlite:///{tmp_path}/other.db")
    for _ in range(5):
        minutes.round(other)
    minutes.round(runtime)
    assert found(runtime) == found(other) == []
    older = kept(other, "database")
    for _ in range(2):
        minutes.round(runtime)
        minutes.round(other)
    put_back(other, "database", older)
    assert found(other) == ["database is older than the others, by 0:05:00"]
    assert found(runtime) == []


def test_a_restore_beside_servers_that_were_used_before_is_taken_as_it_is(
    runtime: Runtime, minutes: Minutes, tmp_path: Path
) -> None:
    minutes.round(runtime)
    plain = Runtime(tmp_path / "plain")
    with closing(SqliteLog(plain.data / "log")) as log:
        log.append(CATALOG, Entry("k", b"{}"))
    manifest = back_up(plain, BackupFolder(tmp_path / "backup"))
    new = replace(runtime, data=tmp_path / "new", database=f"sqlite:///{tmp_path}/new.db")
    restore_backup(new, BackupFolder(tmp_path / "backup"), manifest)
    assert found(new) == []
    assert found(runtime) == []


def test_a_round_that_was_cut_short_blames_nobody(
    runtime: Runtime, minutes: Minutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes.round(runtime)

    def killed(path: Path, content: bytes) -> None:
        raise OSError("killed before the copy was written")

    monkeypatch.setattr("lrs.processes.stamp_places.replace_file", killed)
    for _ in range(2):
        with pytest.raises(OSError, match="killed"):
            minutes.round(runtime)
    assert found(runtime) == []


def test_a_process_that_stood_still_overwrites_no_later_round(runtime: Runtime, minutes: Minutes) -> None:
    times = iter([minutes.now, minutes.now + int(SHARED_ROUND_SECONDS * 1e6) + 1])
    before = kept(runtime, "database")
    with pytest.raises(Transient, match="took too long"):
        SharedStamps(runtime, lambda: next(times)).write()
    assert kept(runtime, "database") == before


def test_a_round_waits_for_one_that_another_process_is_in(
    runtime: Runtime, minutes: Minutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_bucket, go_on, write = threading.Event(), threading.Event(), StampBucket.write

    def stands_still(bucket: StampBucket, stamp: SharedStamp) -> None:
        if threading.current_thread() is first:
            at_the_bucket.set()
            assert go_on.wait(60)
        write(bucket, stamp)

    monkeypatch.setattr(StampBucket, "write", stands_still)
    first, second = (threading.Thread(target=minutes.round, args=[runtime]) for _ in range(2))
    first.start()
    assert at_the_bucket.wait(60)
    before = stamp_keeper(runtime).read(stamp_keeper(runtime).installation())
    second.start()
    second.join(2)
    waited = second.is_alive()
    go_on.set()
    for thread in (first, second):
        thread.join(60)
    assert waited
    after = stamp_keeper(runtime).read(stamp_keeper(runtime).installation())
    assert before
    assert after
    assert after.number == before.number + 2
    assert [kept(runtime, part).number for part in ("database", "attachments")] == [after.number] * 2


def test_who_stands_still_in_a_round_is_named_and_not_waited_for_without_end(
    runtime: Runtime, minutes: Minutes, database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(exclusive_lock, "PATIENCE_SECONDS", 0.5)
    holder = f"lrs, process {os.getpid()} on {socket.gethostname()}"[:63]
    older = kept(runtime, "database")
    minutes.round(runtime)
    put_back(runtime, "database", older)
    for name, value in runtime.environment().items():
        monkeypatch.setenv(name, value)
    with exclusive_lock.exclusive_lock(database, exclusive_lock.STAMPS):
        refused = CliRunner().invoke(accept)
        writer = SharedStampWriter(SharedStamps(runtime), threading.Event())
        writer._round()
        with exclusive_lock.exclusive_lock(database):  # the lock of the tables is another
            pass
    assert refused.exit_code == exits.TAKEN, refused.output
    for said in (refused.output, caplog.text):
        assert "works on the stamps of servers" in said
        assert holder in said
        assert re.search(r"PostgreSQL's session \d+, from 127\.0\.0\.1\)", said)
        assert re.search(r"SELECT pg_terminate_backend\(\d+\)", said)
    assert CliRunner().invoke(accept).exit_code == 0
    assert found(runtime) == []


def test_who_stands_still_with_the_tables_is_named(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exclusive_lock, "PATIENCE_SECONDS", 0.5)
    with (
        exclusive_lock.exclusive_lock(database),
        pytest.raises(Held, match=rf"works on ClickHouse's tables.*process {os.getpid()} on"),
        exclusive_lock.exclusive_lock(database),
    ):
        pass


def test_doctor_names_it_and_accept_takes_it(
    runtime: Runtime, minutes: Minutes, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = kept(runtime, "database")
    minutes.round(runtime)
    minutes.round(runtime)
    put_back(runtime, "database", older)
    on = replace(runtime, clickhouse="clickhouse://127.0.0.1:9")
    (parts,) = [one for one in examine(on, system_time) if one.part == "parts"]
    assert not parts.ok
    assert "database is older than the others, by 0:02:00" in parts.found
    assert "lrs accept" in parts.advice
    for name, value in on.environment().items():
        monkeypatch.setenv(name, value)
    accepted = CliRunner().invoke(accept)
    assert accepted.exit_code == 0, accepted.output
    assert "accepted as it is: database is older than the others" in accepted.output
    (parts,) = [one for one in examine(on, system_time) if one.part == "parts"]
    assert parts.ok, parts.found


def test_what_cannot_be_asked_is_said_not_to_be_known(runtime: Runtime) -> None:
    on = replace(runtime, kafka=KafkaAddress(("127.0.0.1:9",)), clickhouse="clickhouse://127.0.0.1:9")
    (parts,) = [one for one in examine(on, system_time) if one.part == "parts"]
    assert not parts.ok
    assert "its age is not known" in parts.advice
