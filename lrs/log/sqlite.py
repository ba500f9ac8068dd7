"""The embedded log: one SQLite file a topic, WAL, synchronous=FULL, group commit by one writer thread a topic."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from uuid import UUID

from lrs.log import Busy, Entry, Exists, Full, Id, Record, Truncated, Unavailable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
  position INTEGER PRIMARY KEY, time INTEGER NOT NULL, key TEXT NOT NULL, count INTEGER NOT NULL, value BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS records_time ON records (time);
CREATE TABLE IF NOT EXISTS ids (
  tenant TEXT NOT NULL, id BLOB NOT NULL, position INTEGER NOT NULL, place INTEGER NOT NULL,
  PRIMARY KEY (tenant, id)) WITHOUT ROWID;
"""
_POSITIONS = (
    "CREATE TABLE IF NOT EXISTS positions ("
    "team TEXT NOT NULL, topic TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (team, topic)) WITHOUT ROWID"
)
WAITING_BYTES = 64 << 20  # what may wait for the writer before the log says Busy
GROUP_BYTES = 8 << 20  # one transaction at the most: bounds how long an append waits for its group
BUSY_MS = 10_000  # how long to wait for another process that writes

_Waiting = tuple[Entry, "Future[int]"]


class SqliteLog:
    """A log in a folder. Safe to use from many threads and processes at once.

    Args:
        folder: where the topics' files stand; made if missing.
        clock: µs since the epoch.
    Raises:
        Unavailable: the folder cannot be used.
    """

    unique_ids = True

    def __init__(self, folder: Path, clock: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self._folder = folder
        self._clock = clock
        self._local = threading.local()
        self._writers: dict[str, _Writer] = {}
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the log's folder cannot be made: {error.strerror}") from error

    def partitions(self, topic: str, fresh: bool = False) -> int:
        return 1

    def partition_of(self, topic: str, key: str) -> int:
        return 0

    def partition(self, number: int) -> SqliteLog:
        if number != 0:
            raise ValueError(f"the embedded log has one partition, not a partition {number}")
        return self

    def submit(self, topic: str, entry: Entry, partition: int | None = None) -> Future[int]:
        with self._lock:
            if self._closed:
                raise Unavailable("the log is closed")
            writer = self._writers.get(topic)
            if writer is None:
                writer = self._writers[topic] = _Writer(lambda: self._open(topic), self._clock)
        return writer.submit(entry)

    def append(self, topic: str, entry: Entry) -> int:
        return self.submit(topic, entry).result()

    def read(self, topic: str, start: int, most: int) -> list[Record]:
        records: list[Record] = []
        rows = self._reader(topic).execute(
            "SELECT position, time, key, value, count FROM records WHERE position >= ? ORDER BY position", (start,)
        )
        try:
            for position, at, key, value, count in rows:
                if records and count > most:
                    break
                records.append(Record(position, at, key, value))
                most -= count
                if most <= 0:
                    break
        finally:
            rows.close()
        if not records and start > self.end(topic):
            raise Truncated(f"{topic} ends at {self.end(topic)}, before position {start}: it lost records")
        return records

    def end(self, topic: str) -> int:
        row = self._reader(topic).execute("SELECT max(position) FROM records").fetchone()
        return 0 if row[0] is None else int(row[0]) + 1

    def starts(self, topic: str) -> list[int]:
        return [0]

    def ends(self, topic: str) -> list[int]:
        return [self.end(topic)]

    def at(self, topic: str, time: int) -> int:
        row = self._reader(topic).execute("SELECT min(position) FROM records WHERE time >= ?", (time,)).fetchone()
        return self.end(topic) if row[0] is None else int(row[0])

    def find(self, topic: str, key: Id) -> tuple[int, int] | None:
        row = (
            self._reader(topic)
            .execute("SELECT position, place FROM ids WHERE tenant = ? AND id = ?", (key.tenant, UUID(key.id).bytes))
            .fetchone()
        )
        return None if row is None else (int(row[0]), int(row[1]))

    def commit(self, group: str, topic: str, position: int) -> None:
        try:
            self._positions().execute("INSERT OR REPLACE INTO positions VALUES (?, ?, ?)", (group, topic, position))
        except sqlite3.OperationalError as error:
            raise _named(error) from error

    def committed(self, group: str, topic: str) -> int:
        row = (
            self._positions()
            .execute("SELECT position FROM positions WHERE team = ? AND topic = ?", (group, topic))
            .fetchone()
        )
        return 0 if row is None else int(row[0])

    def reached(self, group: str, topic: str) -> list[int]:
        return [self.committed(group, topic)]

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for writer in self._writers.values():
                writer.close()
            self._writers.clear()
            for connection in self._opened:
                connection.close()
            self._opened.clear()
        self._local = threading.local()

    def _reader(self, topic: str) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, topic, None)
        if connection is None:
            connection = self._open(topic)
            setattr(self._local, topic, connection)
            with self._lock:
                self._opened.append(connection)
        return connection

    def _positions(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "_positions", None)
        if connection is None:
            # NORMAL: a position lost with the power is only an older one, and delivery is at least once.
            connection = _connect(self._folder / "positions.db", "NORMAL", _POSITIONS)
            self._local._positions = connection
            with self._lock:
                self._opened.append(connection)
        return connection

    def _open(self, topic: str) -> sqlite3.Connection:
        return _connect(self._folder / f"{topic}.db", "FULL", _SCHEMA)


class _Writer:
    """Appends to one topic: whatever waits goes into one transaction, so one fsync serves many requests."""

    def __init__(self, open_: Callable[[], sqlite3.Connection], clock: Callable[[], int]) -> None:
        self._open = open_
        self._clock = clock
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._bytes = 0
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def submit(self, entry: Entry) -> Future[int]:
        future: Future[int] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable("the log is closed")
            if self._bytes and self._bytes + len(entry.value) > WAITING_BYTES:
                raise Busy("the log has more to write than it will hold in memory")
            self._bytes += len(entry.value)
            self._waiting.put((entry, future))
        return future

    def close(self) -> None:
        with self._lock:
            self._closed = True
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while (first := self._waiting.get()) is not None:
            group = [first, *self._more(len(first[0].value))]
            try:
                connection = connection or self._open()
                outcomes = _append(connection, [entry for entry, _ in group], self._clock())
            except (sqlite3.Error, Unavailable) as error:
                outcomes = [_named(error)] * len(group)
            with self._lock:
                self._bytes -= sum(len(entry.value) for entry, _ in group)
            for (_, future), outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, int):
                    future.set_result(outcome)
                else:
                    future.set_exception(outcome)
        if connection is not None:
            connection.close()

    def _more(self, size: int) -> list[_Waiting]:
        more: list[_Waiting] = []
        while size < GROUP_BYTES:
            try:
                waiting = self._waiting.get_nowait()
            except queue.Empty:
                break
            if waiting is None:  # close() waits: end after this group
                self._waiting.put(None)
                break
            more.append(waiting)
            size += len(waiting[0].value)
        return more


def _append(connection: sqlite3.Connection, entries: Sequence[Entry], now: int) -> list[int | Exception]:
    """One transaction: each entry whole or not at all. Raises sqlite3.Error when none was appended."""
    outcomes: list[int | Exception] = []
    connection.execute("BEGIN IMMEDIATE")
    try:
        row = connection.execute("SELECT max(position) FROM records").fetchone()
        position = 0 if row[0] is None else int(row[0]) + 1
        for entry in entries:
            connection.execute("SAVEPOINT entry")
            try:
                connection.executemany(
                    "INSERT INTO ids VALUES (?, ?, ?, ?)",
                    [(i.tenant, UUID(i.id).bytes, position, place) for place, i in enumerate(entry.ids)],
                )
            except sqlite3.IntegrityError:
                connection.execute("ROLLBACK TO entry")
                outcomes.append(_exists(connection, entry.ids))
            else:
                connection.execute(
                    "INSERT INTO records VALUES (?, ?, ?, ?, ?)", (position, now, entry.key, entry.count, entry.value)
                )
                outcomes.append(position)
                position += 1
            connection.execute("RELEASE entry")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes


def _exists(connection: sqlite3.Connection, ids: Sequence[Id]) -> Exists:
    standing: dict[Id, tuple[int, int]] = {}
    for i in ids:
        row = connection.execute(
            "SELECT position, place FROM ids WHERE tenant = ? AND id = ?", (i.tenant, UUID(i.id).bytes)
        ).fetchone()
        if row is not None:
            standing[i] = (int(row[0]), int(row[1]))
    return Exists(standing)


def _connect(path: Path, synchronous: str, schema: str) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
        # A bundle is large: larger pages make shorter chains of them.
        connection.execute("PRAGMA page_size = 16384")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA cache_size = -65536")
        connection.executescript(schema)
    except sqlite3.Error as error:
        raise _named(error) from error
    return connection


def _named(error: Exception) -> Exception:
    """The log's own word for what SQLite, or opening a topic, said."""
    if isinstance(error, (Full, Unavailable)):
        return error
    text = str(error)
    if "disk is full" in text or "disk I/O error" in text:
        return Full(f"the log cannot be written: {text}")
    return Unavailable(f"the log cannot be written: {text}")
