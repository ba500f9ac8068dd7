"""Write a topic's file again: with other records in place of those that are damaged, and a new index of ids."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from lrs.errors import LostData
from lrs.log import Damaged
from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_file import INSERT, WRITER_CACHE, log_error, open_topic
from lrs.log.sqlite_index import index_record, seal_index
from lrs.log.stored_log import StoredRecord
from lrs.processes.indexes import mend_indexes
from schemas.envelope import UnknownVersion, Unreadable

_COMMIT = 1_000


def repair_indexes(folder: Path) -> None:
    """Make indexes of ids that are damaged again, in files that are written again where it needs that.

    Nobody may write meanwhile. Raises Full, Unavailable and LostData.
    """
    for topic in mend_indexes(folder):
        rewrite_topic(folder, topic, {})


def rewrite_topic(folder: Path, topic: str, replacements: Mapping[int, StoredRecord]) -> None:
    """Write a topic's file again, index of ids and all, with `replacements` in place of those that are damaged.

    Nobody may write meanwhile. The file that was there is kept beside, as TOPIC.damaged.
    Raises LostData where a damaged record is not in them, or does not fit the chain: then nothing is changed.
    """
    log = SqliteLog(folder)
    try:
        _write_again(folder, topic, log.epochs(topic), _mended(log, topic, replacements))
    finally:
        log.close()


def copy_with_epochs(folder: Path, topic: str, epochs: Sequence[tuple[int, str, int]]) -> None:
    """Write a topic's file again with its records as they are, and other epochs; as `rewrite_topic` otherwise."""
    path = folder / f"{topic}.db"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            rows = connection.execute(
                "SELECT position, time, key, events, before, checksum, value FROM records ORDER BY position"
            )
            records = (
                StoredRecord(position, time, key, events, before, checksum, (), value)
                for position, time, key, events, before, checksum, value in rows
            )
            _write_again(folder, topic, epochs, records)
    except sqlite3.Error as error:
        raise log_error(error, path) from error


def _write_again(
    folder: Path, topic: str, epochs: Sequence[tuple[int, str, int]], records: Iterable[StoredRecord]
) -> None:
    """Put a file of these in the place of the topic's, if they fit each other."""
    beside = folder / "repairing"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(mode=0o700)
    with closing(open_topic(beside / f"{topic}.db", WRITER_CACHE)) as connection:
        connection.execute("DELETE FROM epochs")
        connection.executemany("INSERT INTO epochs VALUES (?, ?, ?)", epochs)
        connection.execute("BEGIN")
        for count, record in enumerate(records, 1):
            put_record(connection, topic, record)
            if count % _COMMIT == 0:
                connection.execute("COMMIT")
                connection.execute("BEGIN")
        seal_index(connection)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    _check_rewritten(beside, topic)
    for suffix in ("", "-wal", "-shm"):
        if (old := folder / f"{topic}.db{suffix}").exists():
            old.rename(folder / f"{topic}.damaged{suffix}")
    (beside / f"{topic}.db").rename(folder / f"{topic}.db")
    shutil.rmtree(beside)


def put_record(connection: sqlite3.Connection, topic: str, record: StoredRecord) -> None:
    """Write a record and what it adds to the index of ids. Raises LostData, sqlite3.Error."""
    record_row = (record.position, record.time, record.key, record.events, record.before, record.checksum, record.value)
    connection.execute(INSERT, record_row)
    try:
        index_record(connection, topic, record.position, record.value)
    except Unreadable:
        pass  # a dead letter, which holds no id
    except UnknownVersion as error:
        raise LostData(f"the backup is of a newer release: {error}") from error


def _mended(log: SqliteLog, topic: str, replacements: Mapping[int, StoredRecord]) -> Iterator[StoredRecord]:
    position, end = 0, log.end(topic)
    while position < end:
        try:
            for record_row in log.rows(topic, position):
                yield StoredRecord(
                    record_row.position,
                    record_row.time,
                    record_row.key,
                    record_row.events,
                    record_row.before,
                    record_row.checksum,
                    (),
                    record_row.value,
                )
                position = record_row.position + 1
            return
        except Damaged as damaged:
            if damaged.position not in replacements:
                raise
            yield replacements[damaged.position]
            position = damaged.position + 1


def _check_rewritten(folder: Path, topic: str) -> None:
    log = SqliteLog(folder)
    try:
        if wrong := next(log.damage(topic), None):
            raise LostData(f"the backup's records do not fit the log: {wrong}")
    finally:
        log.close()
