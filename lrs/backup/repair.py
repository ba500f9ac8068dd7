"""Put records that the log holds damaged back from a backup, where they fit the chain."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from lrs.backup.from_tables import remake_records
from lrs.backup.manifest import Manifest
from lrs.backup.restore import put_record
from lrs.backup.segments import StoredRecord, read_segment
from lrs.backup.target import BackupTarget
from lrs.errors import LostData
from lrs.log import Damaged
from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_file import WRITER_CACHE, open_topic
from lrs.log.sqlite_index import seal_index
from lrs.processes.indexes import mend_indexes
from lrs.store.client import Store
from schemas.record import STATEMENTS

_COMMIT = 1_000


def repair_topic(folder: Path, topic: str, target: BackupTarget, manifest: Manifest) -> int:
    """Rewrite a topic's file, with the backup's records where its own are damaged; gives how many those are.

    Nobody may write meanwhile. The file that was there is kept beside, as TOPIC.damaged.
    Raises LostData where the backup lacks a record, or has another than the chain wants: then nothing is changed.
    """
    log = SqliteLog(folder)
    damaged = {one.position for one in log.damage(topic)}
    log.close()
    if damaged:
        rewrite_topic(folder, topic, _kept(target, manifest, topic, damaged))
    return len(damaged)


def repair_from_tables(folder: Path, store: Store) -> int:
    """The same for statements, from the tables; gives how many were damaged. Raises LostData, the store's errors."""
    log = SqliteLog(folder)
    damaged = [one.position for one in log.damage(STATEMENTS)]
    try:
        kept = remake_records(log, store, damaged)
    finally:
        log.close()
    if damaged:
        rewrite_topic(folder, STATEMENTS, kept)
    return len(damaged)


def repair_indexes(folder: Path) -> None:
    """Make indexes of ids that are damaged again, in files that are written again where it needs that.

    Nobody may write meanwhile. Raises Full, Unavailable and LostData.
    """
    for topic in mend_indexes(folder):
        rewrite_topic(folder, topic, {})


def rewrite_topic(folder: Path, topic: str, kept: Mapping[int, StoredRecord]) -> None:
    """Write a topic's file again, index of ids and all, with the records of `kept` in place of those that are damaged.

    Nobody may write meanwhile. The file that was there is kept beside, as TOPIC.damaged.
    Raises LostData where a damaged record is not in `kept`, or does not fit the chain: then nothing is changed.
    """
    log = SqliteLog(folder)
    beside = folder / "repairing"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    connection = open_topic(beside / f"{topic}.db", WRITER_CACHE)
    try:
        connection.execute("DELETE FROM epochs")
        connection.executemany("INSERT INTO epochs VALUES (?, ?, ?)", log.epochs(topic))
        connection.execute("BEGIN")
        for count, one in enumerate(_mended(log, topic, kept), 1):
            put_record(connection, topic, one)
            if count % _COMMIT == 0:
                connection.execute("COMMIT")
                connection.execute("BEGIN")
        seal_index(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
        log.close()
    _check(beside, topic)
    for suffix in ("", "-wal", "-shm"):
        if (old := folder / f"{topic}.db{suffix}").exists():
            old.rename(folder / f"{topic}.damaged{suffix}")
    (beside / f"{topic}.db").rename(folder / f"{topic}.db")
    shutil.rmtree(beside)


def _kept(target: BackupTarget, manifest: Manifest, topic: str, positions: set[int]) -> dict[int, StoredRecord]:
    """The backup's records at these positions."""
    found: dict[int, StoredRecord] = {}
    backed_up = manifest.topic(topic)
    for segment in backed_up.partitions[0].segments if backed_up else []:
        if any(segment.first <= position < segment.end for position in positions):
            found |= {one.position: one for one in read_segment(target, segment) if one.position in positions}
    if lacking := sorted(positions - found.keys()):
        raise LostData(f"the backup lacks position {', '.join(map(str, lacking[:10]))} of {topic}")
    return found


def _mended(log: SqliteLog, topic: str, kept: Mapping[int, StoredRecord]) -> Iterator[StoredRecord]:
    position, end = 0, log.end(topic)
    while position < end:
        try:
            for row in log.rows(topic, position):
                yield StoredRecord(row.position, row.time, row.key, row.events, row.before, row.checksum, (), row.value)
                position = row.position + 1
            return
        except Damaged as damaged:
            if damaged.position not in kept:
                raise
            yield kept[damaged.position]
            position = damaged.position + 1


def _check(folder: Path, topic: str) -> None:
    log = SqliteLog(folder)
    try:
        if wrong := next(log.damage(topic), None):
            raise LostData(f"the backup's records do not fit the log: {wrong}")
    finally:
        log.close()
