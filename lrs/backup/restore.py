"""Write a backup into an empty runtime: a folder of one machine, or topics of Kafka and a PostgreSQL.

Every file is checked against its sum, and every record against the chain, before anything is put in place. The restored
log goes on in a new epoch: whoever has seen other records at the positions that come next finds other checksums.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from lrs.attachments import AttachmentKey, Attachments
from lrs.attachments.missing import MissingAttachment, remember
from lrs.attachments.setting import open_attachments
from lrs.backup import databases
from lrs.backup.backup import ATTACHMENTS
from lrs.backup.decision_history import check_history, restore_history
from lrs.backup.manifest import Manifest, TopicManifest
from lrs.backup.rewrite import put_record
from lrs.backup.segments import read_segment
from lrs.backup.target import BackupTarget
from lrs.backup.unfinished import beside, is_whole, move
from lrs.errors import Conflict, Failure, LostData, Missing
from lrs.extras import needs
from lrs.log import Log
from lrs.log.kafka_address import KafkaAddress
from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_file import WRITER_CACHE, open_topic
from lrs.log.sqlite_index import seal_index
from lrs.processes.engine_for import engine_for
from lrs.processes.runtime import Runtime
from lrs.processes.shared_stamps import SharedStamps
from schemas.envelope import NOT_DECODABLE

RESTORED = "restored.json"
_RESTORES_REST = "--incomplete restores the rest"
RestoreProgress = Callable[[str, int], None]
FindMissing = Callable[[Log, Attachments], list[MissingAttachment]]


class Restored(msgspec.Struct, frozen=True):
    """What a folder was restored from; times are µs since the epoch."""

    backup: int
    taken: int
    log_through: int  # the time of the newest record
    databases: dict[str, int]


_restored_decoder = msgspec.json.Decoder(Restored)


def restore_backup(
    runtime: Runtime,
    target: BackupTarget,
    manifest: Manifest,
    progress: RestoreProgress = lambda part, more: None,
    find_missing: FindMissing | None = None,
    lacks_history: Callable[[str], None] = lambda reason: None,
) -> list[MissingAttachment]:
    """Restore all parts; with `find_missing`, even if the backup lacks attachments: gives, and remembers, which.

    Then the history of decisions is left out where it is not whole, and `lacks_history` is called with why.
    Raises Conflict where there are some already, LostData, Missing, Transient, Full.
    """
    if find_missing is None:
        _check_attachments(target, manifest)
    if manifest.history is not None:
        try:
            check_history(target, manifest.history)
        except (LostData, Missing) as error:
            if find_missing is None:
                raise type(error)(f"{error} ({_RESTORES_REST})") from error
            lacks_history(str(error))
            manifest = msgspec.structs.replace(manifest, history=None)
    if runtime.kafka is None:
        missing = _into_folder(runtime, target, manifest, progress, find_missing)
    else:
        missing = _into_cluster(runtime, runtime.kafka, target, manifest, progress, find_missing)
    with closing(SharedStamps(runtime)) as stamps:
        stamps.accept()  # a database or a bucket that is used again may carry some
    return missing


def _into_cluster(
    runtime: Runtime,
    kafka: KafkaAddress,
    target: BackupTarget,
    manifest: Manifest,
    progress: RestoreProgress,
    find_missing: FindMissing | None,
) -> list[MissingAttachment]:
    """The log into Kafka, the rest where the runtime has it."""
    with needs("kafka"):
        from lrs.backup.restore_topics import check_topics, restore_topics

    check_topics(kafka, manifest.topics)
    for part in databases.PARTS:
        databases.check_empty_database(part, part.url(runtime.data, runtime.database))
    if runtime.clickhouse:
        _history(runtime, target, manifest)  # first: where it fails, the topics are still empty, and it is run again
    through = restore_topics(kafka, target, manifest.topics, progress)
    _restore_databases(runtime, {}, target, manifest, progress)
    restore_attachments(open_attachments(runtime.data, runtime.attachments), target, progress)
    _remember_restored(runtime.data, manifest, through)
    return _remember_missing(runtime, runtime.log(), find_missing) if find_missing else []


def _into_folder(
    runtime: Runtime,
    target: BackupTarget,
    manifest: Manifest,
    progress: RestoreProgress,
    find_missing: FindMissing | None,
) -> list[MissingAttachment]:
    data, new_folder = runtime.data, beside(runtime.data)
    if is_whole(data):
        move(data)
        raise Conflict(f"an earlier restore into {data} was cut short, and is finished now: start `lrs serve`")
    urls = {part.name: part.url(new_folder, runtime.database) for part in databases.PARTS}
    files = ["log"] if runtime.database else [*(f"{part.name}.db" for part in databases.PARTS), "log"]
    if there := [name for name in files if (data / name).exists()]:
        raise Conflict(f"{data} holds {', '.join(there)} already: restore into another folder, or move them away")
    shutil.rmtree(new_folder, ignore_errors=True)
    had_engine = (data / "engine").exists()
    (new_folder / "log").mkdir(parents=True, mode=0o700)
    try:
        through = 0
        for topic in manifest.topics:
            through = max(through, restore_topic(new_folder / "log", target, topic, progress))
        _check_log(new_folder / "log", manifest)
        _restore_databases(runtime, urls, target, manifest, progress)
        restore_attachments(open_attachments(data, runtime.attachments), target, progress)
        _remember_restored(data, manifest, through)
        # Before anything is in its place: who finishes a restore that is cut short from here on need not look again.
        missing = _remember_missing(runtime, SqliteLog(new_folder / "log"), find_missing) if find_missing else []
        _history(runtime, target, manifest)
    except Failure:  # nothing is left behind; a restore that is killed is found by the next command
        shutil.rmtree(new_folder)
        if not had_engine:
            shutil.rmtree(data / "engine", ignore_errors=True)
        raise
    move(data)
    return missing


def _restore_databases(
    runtime: Runtime, urls: Mapping[str, str], target: BackupTarget, manifest: Manifest, progress: RestoreProgress
) -> None:
    """The transactional stores, at these URLs, or where the runtime has them."""
    for part in databases.PARTS:
        database_copy = next((copy for copy in manifest.databases if copy.name == part.name), None)
        if database_copy is not None:
            databases.restore_database(
                part, urls.get(part.name) or part.url(runtime.data, runtime.database), target, database_copy
            )
            progress(part.name, database_copy.rows)


def _history(runtime: Runtime, target: BackupTarget, manifest: Manifest) -> None:
    """The history of decisions, into the table: the rebuild of the tables leaves it there."""
    if manifest.history is not None and manifest.history.files:
        with engine_for(runtime) as store:
            restore_history(store, target, manifest.history)


def _remember_restored(data: Path, manifest: Manifest, through: int) -> None:
    state = Restored(manifest.number, manifest.time, through, {copy.name: copy.time for copy in manifest.databases})
    (data / RESTORED).write_bytes(msgspec.json.encode(state))


def _remember_missing(runtime: Runtime, log: Log, find_missing: FindMissing) -> list[MissingAttachment]:
    """Keep for the doctor what the restored log names and no attachment is there for. Closes the log."""
    try:
        missing = find_missing(log, open_attachments(runtime.data, runtime.attachments))
    finally:
        log.close()
    remember(runtime.data, missing)
    return missing


def read_restored(data: Path) -> Restored | None:
    """What a folder was restored from; None if it was not. Raises LostData."""
    try:
        return _restored_decoder.decode((data / RESTORED).read_bytes())
    except FileNotFoundError:
        return None
    except NOT_DECODABLE:
        raise LostData(f"{RESTORED} cannot be read: remove it, only `lrs doctor` looks at it") from None


def restore_topic(folder: Path, target: BackupTarget, topic: TopicManifest, progress: RestoreProgress) -> int:
    """Write a topic's file; gives the time of its newest record."""
    if not topic.epochs or [partition.number for partition in topic.partitions] != [0]:
        raise Conflict(f"{topic.name} was backed up from Kafka: it cannot be restored into a folder")
    newest = 0
    connection = open_topic(folder / f"{topic.name}.db", WRITER_CACHE)
    try:
        connection.execute("PRAGMA synchronous = OFF")  # synced once, below
        connection.execute("BEGIN")
        connection.execute("DELETE FROM epochs")
        epochs = [(epoch.number, epoch.identity, epoch.position) for epoch in topic.epochs]
        connection.executemany("INSERT INTO epochs VALUES (?, ?, ?)", epochs)
        for segment in topic.partitions[0].segments:
            records = read_segment(target, segment)
            for record in records:
                put_record(connection, topic.name, record)
            newest = max([newest, *(record.time for record in records)])
            progress("log", len(records))
        seal_index(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.IntegrityError as error:
        raise LostData(f"the backup's records of {topic.name} overlap") from error
    finally:
        connection.close()
    return newest


def _check_log(folder: Path, manifest: Manifest) -> None:
    """See that the restored log is the one that was backed up, record by record, and begin its new epoch."""
    log = SqliteLog(folder)
    try:
        for topic in manifest.topics:
            if damaged := next(log.damage(topic.name), None):
                raise LostData(f"the backup does not fit together: {damaged}")
            segments = topic.partitions[0].segments
            if segments and log.checksum_before(topic.name, segments[-1].end) != segments[-1].checksum:
                raise LostData(f"the backup of {topic.name} does not hold what its manifest says")
            log.begin_epoch(topic.name)
    finally:
        log.close()


def _check_attachments(target: BackupTarget, manifest: Manifest) -> None:
    """Check a backup before it is restored: LostData where it lacks attachments that it had when it was made."""
    present = sum(1 for _ in target.names(ATTACHMENTS))
    if present < manifest.attachments:
        missing = f"{manifest.attachments - present} of the {manifest.attachments} attachments"
        raise LostData(f"the backup lacks {missing} that it was made with ({_RESTORES_REST})")


def restore_attachments(
    attachments: Attachments, target: BackupTarget, progress: RestoreProgress = lambda part, more: None
) -> None:
    """Keep what the backup has and the store lacks. Raises LostData, Transient, Full."""
    for name, _ in target.names(ATTACHMENTS):
        key = AttachmentKey.parse(name.removeprefix(f"{ATTACHMENTS}/"))
        if attachments.size(*key) is None:
            incoming = attachments.receive(key.sha2)
            for piece in target.read(name):
                incoming.write(piece)
            if not incoming.whole():
                incoming.discard()
                raise LostData(f"{name} of the backup is not as it was written")
            incoming.keep(key.tenant, key.owner)
            progress(ATTACHMENTS, 1)
