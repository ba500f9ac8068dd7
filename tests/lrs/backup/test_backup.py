"""Backups of a folder that others write to, and what is restored of them."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import create_engine, inspect

from lrs.attachments.setting import open_attachments
from lrs.auth import revocations
from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.backup import databases
from lrs.backup.backup import back_up
from lrs.backup.manifest import Manifest, latest_manifest, load_manifest, save_manifest
from lrs.backup.restore import read_restored, restore_backup
from lrs.backup.target import BackupFolder, BackupTarget, open_target
from lrs.cli.serve import serve
from lrs.cmi5.sessions import Sessions
from lrs.documents.store import Documents
from lrs.errors import Conflict, LostData, Missing
from lrs.log import Entry, Exists, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.processes.runtime import Runtime
from lrs.verification.attachments import missing_attachments
from schemas.record import CATALOG, OBSERVATIONS, STATEMENTS, Bundle
from tests.support.objects import BUCKET, ObjectStore
from tests.support.server import free_port

TENANT = "school"


def append(log: SqliteLog, *ids: str) -> int:
    bundle = Bundle(TENANT, "tool", 1, 0, list(ids), [b'{"n":%d}' % n for n in range(len(ids))])
    return log.append(STATEMENTS, Entry(ids[0], bundle.encode(), len(ids), [UniqueId(TENANT, id_) for id_ in ids]))


def attach(data: Path, content: bytes) -> str:
    sha2 = hashlib.sha256(content).hexdigest()
    incoming = open_attachments(data, None).receive(sha2)
    incoming.write(content)
    incoming.keep(TENANT, "k")
    return sha2


def records(data: Path, topic: str) -> list[tuple[object, ...]]:
    log = SqliteLog(data / "log")
    try:
        return [tuple(row) for row in log.rows(topic, 0)]
    finally:
        log.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with something in every part."""
    folder = tmp_path / "data"
    log = SqliteLog(folder / "log")
    for _ in range(5):
        append(log, str(uuid.uuid4()), str(uuid.uuid4()))
    log.append(CATALOG, Entry(TENANT, b"{}"))
    log.append(OBSERVATIONS, Entry("learner", b"[]"))
    log.close()
    credentials = Credentials(embedded_credentials_url(folder))
    credentials.add("tool", "secret", TENANT)
    credentials.close()
    attach(folder, b"an essay")
    return folder


def taken(data: Path, target: Path) -> Manifest:
    return back_up(Runtime(data), BackupFolder(target))


def test_what_is_restored_is_what_was_there(data: Path, tmp_path: Path) -> None:
    manifest = taken(data, tmp_path / "backup")
    other = tmp_path / "other"
    restore_backup(Runtime(other), BackupFolder(tmp_path / "backup"), manifest)
    for topic in (STATEMENTS, CATALOG, OBSERVATIONS):
        assert records(other, topic) == records(data, topic) != []
    before, after = SqliteLog(data / "log"), SqliteLog(other / "log")
    for topic in (STATEMENTS, CATALOG):
        end = before.end(topic)
        assert after.identity(topic) == before.identity(topic)
        assert after.checksum_before(topic, end) == before.checksum_before(topic, end)
    # Ids are known, so that what was sent before is sent again in vain.
    with pytest.raises(Exists):
        append(after, Bundle.decode(before.read(STATEMENTS, 0, 1)[0].value).ids[0])
    # What comes next starts another chain: another record at the same position has another checksum.
    new_id = str(uuid.uuid4())
    position = append(before, new_id)
    assert append(after, new_id) == position
    assert after.checksum_before(STATEMENTS, position + 1) != before.checksum_before(STATEMENTS, position + 1)
    before.close()
    after.close()
    credentials = Credentials(embedded_credentials_url(other))
    assert [listed.credential.key for listed in credentials.listed()] == ["tool"]
    credentials.close()
    sha2 = hashlib.sha256(b"an essay").hexdigest()
    assert b"".join(open_attachments(other, None).read(TENANT, "k", sha2)) == b"an essay"
    state = read_restored(other)
    assert state is not None
    assert state.backup == manifest.number
    assert not (other / "restoring").exists()


def test_a_backup_that_lacks_attachments_says_so(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    manifest = taken(data, target)
    for file in (target / "attachments").rglob("*"):
        if file.is_file():
            file.unlink()
    other = tmp_path / "other"
    with pytest.raises(LostData, match="lacks 1 of the 1 attachments"):
        restore_backup(Runtime(other), BackupFolder(target), manifest)
    assert not other.exists()
    restore_backup(Runtime(other), BackupFolder(target), manifest, find_missing=missing_attachments)
    assert records(other, STATEMENTS) == records(data, STATEMENTS)


@pytest.mark.parametrize("moved", [0, 1, 4, 5])
def test_a_restore_that_is_cut_short_is_not_served_and_is_finished(
    moved: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after so many parts are in their places, or (0) before all were made. What is there is no whole folder."""
    target, other = tmp_path / "backup", tmp_path / "other"
    manifest, rename, moves_left = taken(data, target), Path.rename, moved

    class Killed(BaseException):
        """Nothing is tidied up."""

    def cut_short(*paths: Any) -> Any:
        nonlocal moves_left
        moves_left -= 1
        if moves_left < 0:
            raise Killed
        return rename(*paths)

    with monkeypatch.context() as killed, suppress(Killed):
        killed.setattr(Path, "rename", cut_short)
        if moved == 0:
            killed.setattr("lrs.backup.restore._remember_restored", cut_short)
        restore_backup(Runtime(other), BackupFolder(target), manifest)
    finished = not (other / "restoring").exists()
    assert finished == (moved == 5)
    if not finished:
        with monkeypatch.context() as served:
            served.setattr("lrs.cli.serve.Supervisor", None)  # it does not come so far
            refused = CliRunner().invoke(serve, ["--data", os.fspath(other), "--port", str(free_port())])
        assert (refused.exit_code, "was cut short: run `lrs restore` again" in refused.output) == (6, True)
        with suppress(Conflict) if moved else nullcontext():
            restore_backup(Runtime(other), BackupFolder(target), manifest)
    assert records(other, STATEMENTS) == records(data, STATEMENTS)
    assert sorted(path.name for path in other.glob("*.db")) == [
        "accounts.db", "credentials.db", "documents.db", "sessions.db",
    ]  # fmt: skip
    assert not (other / "restoring").exists()


def test_a_restore_that_is_cut_short_before_its_folder_is_removed_is_finished(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, other = tmp_path / "backup", tmp_path / "other"
    manifest, rmdir = taken(data, target), os.rmdir

    class Killed(BaseException):
        """Nothing is tidied up."""

    def cut_short(path: Any, **more: Any) -> None:
        if os.fspath(path).endswith("restoring"):
            raise Killed
        rmdir(path, **more)

    with monkeypatch.context() as killed:
        killed.setattr(os, "rmdir", cut_short)
        with pytest.raises(Killed):
            restore_backup(Runtime(other), BackupFolder(target), manifest)
    assert list((other / "restoring").iterdir()) == []
    with pytest.raises(Conflict, match="is finished now"):
        restore_backup(Runtime(other), BackupFolder(target), manifest)
    assert not (other / "restoring").exists()
    assert records(other, STATEMENTS) == records(data, STATEMENTS)


def test_only_what_is_new_is_copied(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    first = taken(data, target)
    files = {path: path.stat().st_mtime_ns for path in target.rglob("*") if path.is_file()}
    again = taken(data, target)
    assert (again.number, again.topics, again.attachments) == (2, first.topics, 1)
    new = {path for path in target.rglob("*") if path.is_file()} - set(files)
    assert [path.parent.name for path in new] == ["manifests"]
    log = SqliteLog(data / "log")
    append(log, str(uuid.uuid4()))
    log.close()
    third = taken(data, target)
    segments = third.topics[[t.name for t in third.topics].index(STATEMENTS)].partitions[0].segments
    assert [(segment.first, segment.end) for segment in segments] == [(0, 5), (5, 6)]
    assert {path: path.stat().st_mtime_ns for path in files} == files
    assert latest_manifest(BackupFolder(target)) == third
    restore_backup(Runtime(tmp_path / "old"), BackupFolder(target), load_manifest(BackupFolder(target), 1))
    assert len(records(tmp_path / "old", STATEMENTS)) == 5


def test_a_log_that_went_on_otherwise_is_copied_from_where_it_did(data: Path, tmp_path: Path) -> None:
    target, other = tmp_path / "backup", tmp_path / "other"
    first = taken(data, target)
    for folder in (data, other):
        if folder is other:
            restore_backup(Runtime(other), BackupFolder(target), first)
        log = SqliteLog(folder / "log")
        append(log, str(uuid.uuid4()))
        log.close()
    taken(data, target)
    manifest = taken(other, target)
    restore_backup(Runtime(tmp_path / "third"), BackupFolder(target), manifest)
    assert records(tmp_path / "third", STATEMENTS) == records(other, STATEMENTS)
    restore_backup(
        Runtime(tmp_path / "fourth"), BackupFolder(target), load_manifest(BackupFolder(target), manifest.number - 1)
    )
    assert records(tmp_path / "fourth", STATEMENTS) == records(data, STATEMENTS)


def test_every_acknowledged_statement_is_in_the_backup_that_follows(data: Path, tmp_path: Path) -> None:
    """Under writes: what was acknowledged before a run is in it, with what it names; nothing is half there."""
    stop, acknowledged = threading.Event(), [str(uuid.uuid4())]

    def write() -> None:
        log = SqliteLog(data / "log")
        while not stop.is_set():
            attached = str(uuid.uuid4())
            attach(data, attached.encode())
            position = append(log, attached)
            log.append(OBSERVATIONS, Entry("learner", b"%d" % position))
            acknowledged.append(attached)
        log.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for run in range(6):
            acknowledged_before = acknowledged[1:]
            manifest = taken(data, tmp_path / "backup")
            other = tmp_path / f"other{run}"
            restore_backup(Runtime(other), BackupFolder(tmp_path / "backup"), manifest)
            statements = records(other, STATEMENTS)
            ids = {id_ for row in statements for id_ in Bundle.decode(bytes(row[-1])).ids}  # type: ignore[call-overload]
            assert set(acknowledged_before) <= ids
            named = [int(bytes(row[-1])) for row in records(other, OBSERVATIONS)[1:]]  # type: ignore[call-overload]
            assert all(position < len(statements) for position in named)
            attachments = open_attachments(other, None)
            for row in statements[5:]:
                [statement_id] = Bundle.decode(bytes(row[-1])).ids  # type: ignore[call-overload]
                assert attachments.size(TENANT, "k", hashlib.sha256(statement_id.encode()).hexdigest()) is not None
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("kind", ["log", "databases", "attachments", "manifests"])
def test_a_changed_byte_is_found_and_nothing_is_restored(kind: str, data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    manifest = taken(data, target)
    for path in sorted((target / kind).rglob("*")):
        if path.is_file():
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 0x10
            path.write_bytes(content)
    if kind == "manifests":
        target_manifest = target / "manifests" / "00000001.json"
        target_manifest.write_bytes(target_manifest.read_bytes()[:-20])
        with pytest.raises(LostData, match="backup 1 cannot be read"):
            latest_manifest(BackupFolder(target))
        return
    with pytest.raises(LostData, match="is not as it was written"):
        restore_backup(Runtime(tmp_path / "other"), BackupFolder(target), manifest)
    assert not (tmp_path / "other" / "log").exists()
    # Once the copy is right again, the same folder can be restored into.
    shutil.rmtree(target)
    taken(data, target)
    restore_backup(Runtime(tmp_path / "other"), BackupFolder(target), load_manifest(BackupFolder(target), 1))


def test_of_two_runs_at_a_time_one_is_told_that_it_is_no_backup(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both copy, and both want to write the manifest of the same number: the first one stays as it is."""
    target, together = tmp_path / "backup", threading.Barrier(2)

    def save_together(to: BackupTarget, manifest: Manifest) -> None:
        together.wait(30)
        save_manifest(to, manifest)

    monkeypatch.setattr("lrs.backup.backup.save_manifest", save_together)

    def run() -> Manifest | Conflict:
        try:
            return taken(data, target)
        except Conflict as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        [first_run, other] = pool.map(lambda _: run(), range(2))
    [refused] = [each for each in (first_run, other) if isinstance(each, Conflict)]
    [written] = [each for each in (first_run, other) if isinstance(each, Manifest)]
    assert "another run wrote backup 1" in str(refused)
    assert latest_manifest(BackupFolder(target)) == written
    assert list(target.rglob("*.new")) == []
    restore_backup(Runtime(tmp_path / "other"), BackupFolder(target), written)


def test_a_name_is_created_once_in_an_object_store(objects: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"first")
    target = open_target(f"s3://{BUCKET}/created")
    target.create("manifests/1", tmp_path / "file")
    (tmp_path / "file").write_bytes(b"second")
    with pytest.raises(Conflict, match="manifests/1 exists already"):
        target.create("manifests/1", tmp_path / "file")
    assert b"".join(target.read("manifests/1")) == b"first"


def test_a_missing_file_is_named(data: Path, tmp_path: Path) -> None:
    manifest = taken(data, tmp_path / "backup")
    shutil.rmtree(tmp_path / "backup" / "databases")
    with pytest.raises(Missing, match="the backup lacks databases/accounts"):
        restore_backup(Runtime(tmp_path / "other"), BackupFolder(tmp_path / "backup"), manifest)


def test_damage_is_not_backed_up_as_if_it_were_whole(data: Path, tmp_path: Path) -> None:
    with sqlite3.connect(data / "log" / "statements.db") as connection:
        connection.execute("UPDATE records SET value = x'00' WHERE position = 2")
    with pytest.raises(LostData, match="position 2 of statements is damaged"):
        taken(data, tmp_path / "backup")
    assert latest_manifest(BackupFolder(tmp_path / "backup")) is None


def test_nothing_is_overwritten(data: Path, tmp_path: Path) -> None:
    manifest = taken(data, tmp_path / "backup")
    with pytest.raises(Conflict, match=r"holds accounts.db, credentials.db, .*log already"):
        restore_backup(Runtime(data), BackupFolder(tmp_path / "backup"), manifest)
    assert len(records(data, STATEMENTS)) == 5


def test_a_revoked_credential_stays_so_in_an_older_database(data: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.db"
    shutil.copy(data / "credentials.db", older)
    log, credentials = SqliteLog(data / "log"), Credentials(embedded_credentials_url(data))
    credentials.add("kept", "secret", TENANT)
    assert revocations.revoke(log, credentials, "tool")
    assert not revocations.revoke(log, credentials, "nobody")
    credentials.close()
    restored_older = Credentials(f"sqlite:///{older}")
    restored_older.add("kept", "secret", TENANT)
    assert restored_older.verify("Basic dG9vbDpzZWNyZXQ=") is not None
    assert revocations.apply_revocations(log, restored_older) == ["tool"]
    assert restored_older.verify("Basic dG9vbDpzZWNyZXQ=") is None
    assert revocations.apply_revocations(log, restored_older) == []
    # A secret that it was given since is not the one that was revoked.
    restored_older.rotate("tool", "another")
    assert revocations.apply_revocations(log, restored_older) == []
    restored_older.close()
    log.close()


def test_every_table_of_the_transactional_stores_is_copied(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'all.db'}"
    for store in (Credentials, Documents, Sessions):
        store(url).close()
    tables = set(inspect(create_engine(url)).get_table_names())
    assert tables
    assert {part.name for part in databases.PARTS} == {"accounts", "credentials", "documents", "sessions"}
    assert all(sum(table.startswith(part.prefix) for part in databases.PARTS) == 1 for table in tables)
