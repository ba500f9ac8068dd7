"""The embedded log: one SQLite file a topic, WAL, synchronous=FULL, group commit by one writer thread a topic."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from uuid import UUID

from lrs.clock import system_time
from lrs.database.in_use import FilesInUse, journals
from lrs.log import Damaged, Entry, Record, Truncated, Unavailable, UniqueId
from lrs.log.chain import seed
from lrs.log.damage_memory import REPAIR_ADVICE, damaged_record, is_left_out, remember_all, remember_met
from lrs.log.sqlite_file import (
    READER_CACHE,
    RECORD_COLUMNS,
    WRITER_CACHE,
    LogRow,
    chain_to,
    connect_file,
    is_damage,
    log_error,
    open_topic,
    transaction,
)
from lrs.log.sqlite_index import IndexDamaged, MendedIndex, TopicIndex, is_intact, mend_index
from lrs.log.sqlite_writer import TopicWriter
from lrs.log.stored_log import StoredRecord
from lrs.log.thread_connections import ThreadConnections

POSITIONS = "positions"  # a file of no topic
_POSITIONS = (
    "CREATE TABLE IF NOT EXISTS positions (consumer TEXT NOT NULL, topic TEXT NOT NULL, position INTEGER NOT NULL, "
    "PRIMARY KEY (consumer, topic)) WITHOUT ROWID"
)


class SqliteLog:
    """A log in a folder. Safe to use from many threads and processes at once.

    Args:
        folder: where the topics' files are; created if missing.
        clock: µs since the epoch.
    Raises:
        Unavailable: the folder cannot be used.
    """

    def __init__(self, folder: Path, clock: Callable[[], int] = system_time) -> None:
        self.folder = folder
        self._clock = clock
        self._connections = ThreadConnections()
        self._writers: dict[str, TopicWriter] = {}
        self._in_use: dict[str, FilesInUse] = {}
        self._lock = threading.Lock()
        self._closed = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the log's folder cannot be made: {error.strerror}") from error

    repair_advice = REPAIR_ADVICE

    def partitions(self, topic: str, fresh: bool = False) -> int:
        return 1

    def partition_of(self, topic: str, key: str) -> int:
        return 0

    def partition(self, number: int) -> SqliteLog:
        if number != 0:
            raise ValueError(f"the embedded log has one partition, not a partition {number}")
        return self

    def submit(self, topic: str, entry: Entry, partition: int | None = None) -> Future[int]:
        return self._writer(topic).submit(entry)

    def _writer(self, topic: str) -> TopicWriter:
        with self._lock:
            if self._closed:
                raise Unavailable("the log is closed")
            writer = self._writers.get(topic)
            if writer is None:
                writer = TopicWriter(lambda: self._open(topic, WRITER_CACHE), self._clock, lambda: self._check(topic))
                self._writers[topic] = writer
            return writer

    def append(self, topic: str, entry: Entry) -> int:
        return self.submit(topic, entry).result()

    def read(self, topic: str, start: int, most: int) -> list[Record]:
        """As the interface says; raises UnreadableFile, too, as everything that opens a file does."""
        records: list[Record] = []
        position: int | None = start
        while position is not None:
            try:
                for record_row in self.rows(topic, position):
                    if records and record_row.events > most:
                        break
                    records.append(Record(record_row.position, record_row.time, record_row.key, record_row.value))
                    most -= record_row.events
                    if most <= 0:
                        break
                position = None
            except Damaged as damaged:
                if not records and not is_left_out(self.folder, damaged):
                    raise
                position = None if records else damaged.position + 1
        if not records and start > self.end(topic):
            raise Truncated(f"{topic} ends at {self.end(topic)}, before position {start}: it lost records")
        return records

    def end(self, topic: str) -> int:
        row = self._ask(topic, "SELECT max(position) FROM records")
        return 0 if row is None or row[0] is None else row[0] + 1

    def starts(self, topic: str) -> list[int]:
        return [0]

    def ends(self, topic: str) -> list[int]:
        return [self.end(topic)]

    def at(self, topic: str, time: int) -> int:
        row = self._ask(topic, "SELECT min(position) FROM records WHERE time >= ?", time)
        return self.end(topic) if row is None or row[0] is None else row[0]

    def find(self, topic: str, key: UniqueId) -> tuple[int, int] | None:
        id_row = self._ask(
            topic, "SELECT position, item FROM ids WHERE tenant = ? AND id = ?", key.tenant, UUID(key.id).bytes
        )
        if id_row is None:
            return None
        position, index_in_bundle = id_row
        return position, index_in_bundle

    def stored_before(self, topic: str, position: int) -> int:
        promised = self._writer(topic).promise() or 0  # first: what was appended until then is seen below
        record_row = self._ask(topic, "SELECT time - 1 FROM records WHERE position = ?", position)
        if record_row is not None and record_row[0] is not None:
            return int(record_row[0])
        # Nothing follows yet: whatever will, is later than the last, and than what was promised.
        last = "SELECT time + max(1, events) - 1 FROM records WHERE position = ?"
        record_row = self._ask(topic, last, position - 1)
        return promised if record_row is None or record_row[0] is None else max(promised, record_row[0])

    def identity(self, topic: str) -> str:
        epoch_row = self._ask(topic, "SELECT identity FROM epochs WHERE number = 0")
        if epoch_row is None:
            raise Unavailable(f"{topic} has lost its identity")
        return str(epoch_row[0])

    def checksum_before(self, topic: str, position: int) -> int | None:
        if position == 0:
            return seed(self.identity(topic))
        record_row = self._ask(topic, "SELECT checksum FROM records WHERE position = ?", position - 1)
        return None if record_row is None else record_row[0]

    def checksum_after(self, topic: str, record: Record) -> int:
        checksum = self.checksum_before(topic, record.position + 1)
        if checksum is None:
            raise Truncated(f"{topic} no longer holds position {record.position}")
        return checksum

    def begin_epoch(self, topic: str) -> int:
        """Start another chain for what is appended from now on, as after a restore; gives the position where it begins.

        Whoever has seen other records at these positions, which the restored log lacks, finds other checksums. Raises
        Full, Unavailable and UnreadableFile.
        """
        try:
            connection = self._reader(topic)
            with transaction(connection):
                position = self.end(topic)
                connection.execute(
                    "INSERT INTO epochs SELECT max(number) + 1, ?, ? FROM epochs", (str(uuid.uuid4()), position)
                )
        except sqlite3.Error as error:
            raise log_error(error, self._path(topic)) from error
        return position

    def epochs(self, topic: str) -> list[tuple[int, str, int]]:
        """Number, identity and first position of every epoch of a topic. Raises Full, Unavailable, UnreadableFile."""
        try:
            return (
                self._reader(topic).execute("SELECT number, identity, position FROM epochs ORDER BY number").fetchall()
            )
        except sqlite3.Error as error:
            raise log_error(error, self._path(topic)) from error

    def topics(self) -> list[str]:
        """The topics that have a file."""
        return sorted(path.stem for path in self.folder.glob("*.db") if path.stem != POSITIONS)

    def open_all(self) -> None:
        """See that every topic's file can be read. Raises Full, Unavailable and UnreadableFile."""
        for topic in self.topics():
            self._reader(topic)

    def check(self) -> None:
        """See that no file that was opened was removed or replaced, nor its journal. Raises FileGone."""
        for in_use in list(self._in_use.values()):
            in_use.check()

    def index_is_whole(self, topic: str) -> bool:
        """Whether the index of ids holds as many as the records, and the same. Raises Full and Unavailable."""
        try:
            return is_intact(self._reader(topic))
        except sqlite3.Error as error:
            raise log_error(error, self._path(topic)) from error

    def mend_index(self, topic: str) -> MendedIndex | None:
        """Make the index of ids again where it is not what the records say; says what was wrong, None if nothing was.

        Appends wait meanwhile, a few seconds for a million ids. Raises Full, Unavailable, and IndexDamaged where
        more of the file is damaged.
        """
        try:
            connection = self._reader(topic)
            return None if is_intact(connection) else mend_index(connection, topic)
        except sqlite3.Error as error:
            if is_damage(error):
                raise IndexDamaged(f"{topic}: the index of ids cannot be made again in its file: {error}") from error
            raise log_error(error, self._path(topic)) from error

    def damage(self, topic: str, start: int = 0) -> Iterator[Damaged]:
        """Every record from `start` on that cannot be read as it was appended, with the ids it held.

        Raises Full, Unavailable and UnreadableFile.
        """
        position, end = start, self.end(topic)
        while position < end:
            try:
                for record_row in self.rows(topic, position):
                    position = record_row.position + 1
                return
            except Damaged as damaged:
                yield Damaged(topic, damaged.position, damaged.reason, self._ids(topic, damaged.position))
                position = damaged.position + 1

    def keep_damage(self, damaged: Sequence[Damaged]) -> None:
        remember_all(self.folder, [damaged_record(one, [id_.id for id_ in one.ids]) for one in damaged])

    def id_index(self, topic: str) -> TopicIndex:
        return TopicIndex(lambda: self.index_is_whole(topic), lambda key: self.find(topic, key))

    def stored(self, topic: str, start: int, end: int) -> Iterator[StoredRecord]:
        for row in self.rows(topic, start):
            if row.position >= end:
                return
            yield StoredRecord(row.position, row.time, row.key, row.events, row.before, row.checksum, (), row.value)

    def commit(self, group: str, topic: str, position: int) -> None:
        try:
            self._positions().execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", (group, topic, position))
        except sqlite3.Error as error:
            raise log_error(error, self._path(POSITIONS)) from error
        self._check(POSITIONS)

    def committed(self, group: str, topic: str) -> int:
        try:
            position_row = (
                self._positions()
                .execute("SELECT position FROM positions WHERE consumer = ? AND topic = ?", (group, topic))
                .fetchone()
            )
        except sqlite3.Error as error:
            raise log_error(error, self._path(POSITIONS)) from error
        return 0 if position_row is None else int(position_row[0])

    def reached(self, group: str, topic: str) -> list[int]:
        return [self.committed(group, topic)]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for writer in self._writers.values():
                writer.close()
            self._writers.clear()
            self._connections.close()
            self._in_use.clear()

    def rows(self, topic: str, start: int) -> Iterator[LogRow]:
        """Records from `start` on, each seen to be whole and to follow the one before it.

        Raises Damaged, Full, Unavailable and UnreadableFile.
        """
        connection, next_position, checksum = self._reader(topic), start, None
        with self._connections.reading(connection), closing(connection.cursor()) as cursor:
            try:
                cursor.execute(f"SELECT {RECORD_COLUMNS} FROM records WHERE position >= ? ORDER BY position", (start,))
                for row in map(LogRow._make, cursor):
                    if row.position != next_position:
                        raise self._met(topic, next_position, "the record is missing")
                    if not row.whole:
                        raise self._met(topic, next_position, "the record's checksum is not that of its bytes")
                    if (
                        checksum not in (None, row.before)
                        and chain_to(connection, next_position, checksum or 0) != row.before
                    ):
                        raise self._met(topic, next_position, "the record does not follow the one before it")
                    yield row
                    next_position, checksum = row.position + 1, row.checksum
            except sqlite3.Error as error:
                if is_damage(error):
                    raise self._met(topic, next_position, f"its page is damaged: {error}") from error
                raise log_error(error, self._path(topic)) from error

    def _met(self, topic: str, position: int, reason: str) -> Damaged:
        """The error of a damage, which is remembered, whoever met it."""
        damaged = Damaged(topic, position, reason)
        remember_met(self.folder, damaged, lambda: [id_.id for id_ in self._ids(topic, position)])
        return damaged

    def as_stored(self, topic: str, position: int) -> LogRow | None:
        """A record as it is there, whole or not; None where it is missing or cannot be read."""
        try:
            query = f"SELECT {RECORD_COLUMNS} FROM records WHERE position = ?"
            row = self._reader(topic).execute(query, (position,)).fetchone()
        except sqlite3.Error as error:
            if is_damage(error):
                return None
            raise log_error(error, self._path(topic)) from error
        return None if row is None else LogRow(*row)

    def _ids(self, topic: str, position: int) -> list[UniqueId]:
        try:
            id_rows = self._reader(topic).execute(
                "SELECT tenant, id FROM ids WHERE position = ? ORDER BY item", (position,)
            )
            return [UniqueId(tenant, str(UUID(bytes=id_))) for tenant, id_ in id_rows]
        except (sqlite3.Error, ValueError):
            return []

    def _ask(self, topic: str, query: str, *parameters: int | str | bytes) -> tuple[int, ...] | None:
        try:
            row: tuple[int, ...] | None = self._reader(topic).execute(query, parameters).fetchone()
        except sqlite3.Error as error:
            raise log_error(error, self._path(topic)) from error
        return row

    def _reader(self, topic: str) -> sqlite3.Connection:
        connection = self._connections.find(topic)
        if connection is not None:
            self._check(topic)
        else:
            connection = self._open(topic, READER_CACHE)
            self._connections.keep(topic, connection)
        return connection

    def _positions(self) -> sqlite3.Connection:
        connection = self._connections.find(POSITIONS)
        if connection is not None:
            self._check(POSITIONS)
        else:
            connection = self._opened_once(POSITIONS, self._open_positions)
            self._connections.keep(POSITIONS, connection)
        return connection

    def _open_positions(self, path: Path) -> sqlite3.Connection:
        # NORMAL: a position lost with the power is only an older one, and delivery is at least once.
        connection = connect_file(path, "NORMAL", READER_CACHE)
        connection.execute(_POSITIONS)
        return connection

    def _open(self, topic: str, cache: int) -> sqlite3.Connection:
        return self._opened_once(topic, lambda path: open_topic(path, cache))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.db"

    def _check(self, name: str) -> None:
        if (in_use := self._in_use.get(name)) is not None:
            in_use.check()

    def _opened_once(self, name: str, open_: Callable[[Path], sqlite3.Connection]) -> sqlite3.Connection:
        """Open a topic's file: FileGone where it is not the one that was opened before: to open it would make one.

        One connection at least is kept until `close`, and so are the journals: one that differs was removed.
        """
        self._check(name)
        path = self._path(name)
        connection = open_(path)
        self._in_use.setdefault(name, FilesInUse(path, *journals(path))).check()
        return connection
