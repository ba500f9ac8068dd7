"""A topic's file of the embedded log: its tables, connections to it, and what SQLite's errors mean."""

from __future__ import annotations

import os
import sqlite3
import struct
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from lrs.database.sqlite_memory import bound_memory
from lrs.errors import Failure, Full, UnreadableFile
from lrs.log import DamagedFile, Unavailable
from lrs.log.chain import chained, seed

TOPIC_FILE_FORMAT = 2
IDS = (
    "CREATE TABLE {name} (tenant TEXT NOT NULL, id BLOB NOT NULL, position INTEGER NOT NULL, item INTEGER NOT NULL, "
    "PRIMARY KEY (tenant, id)) WITHOUT ROWID"
)
_SCHEMA = (
    "CREATE TABLE records ("
    "position INTEGER PRIMARY KEY, time INTEGER NOT NULL, key TEXT NOT NULL, events INTEGER NOT NULL, "
    "before INTEGER NOT NULL, checksum INTEGER NOT NULL, value BLOB NOT NULL, "
    "ids INTEGER NOT NULL DEFAULT 0, ids_sum INTEGER NOT NULL DEFAULT 0)",
    "CREATE INDEX records_time ON records (time)",
    IDS.format(name="ids"),
    "CREATE TABLE epochs (number INTEGER PRIMARY KEY, identity TEXT NOT NULL, position INTEGER NOT NULL)",
    f"PRAGMA user_version = {TOPIC_FILE_FORMAT}",
)
RECORD_COLUMNS = "position, time, key, events, before, checksum, value"
INSERT = f"INSERT INTO records ({RECORD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
BUSY_MS = 10_000  # how long to wait for another process that writes
WRITER_CACHE, READER_CACHE = 64 << 10, 4 << 10  # KiB of pages a connection keeps: there is a reader for each thread


class LogRow(NamedTuple):
    """A record as it is stored, with its own checksum and that of the record before it."""

    position: int
    time: int
    key: str
    events: int
    before: int
    checksum: int
    value: bytes

    @property
    def whole(self) -> bool:
        """Whether the bytes are those that were appended."""
        try:
            checksum = chained(self.before, self.position, self.time, self.key, self.events, self.value)
        except (AttributeError, TypeError, OverflowError, struct.error):  # a damaged page may give values of any type
            return False
        return checksum == self.checksum


def open_topic(path: Path, cache: int) -> sqlite3.Connection:
    """Open a topic's file; one that is new is made, with an identity of its own. Raises as `connect_file`."""
    connection = connect_file(path, "FULL", cache)
    try:
        if _file_format(connection) == 0:
            _make_tables(connection)
        if (file_format := _file_format(connection)) != TOPIC_FILE_FORMAT:
            raise UnreadableFile(f"{path} has format {file_format}; this release reads format {TOPIC_FILE_FORMAT}")
    except sqlite3.Error as error:
        raise log_error(error, path) from error
    return connection


def _file_format(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables, all or none. In a file that holds some already, but lost its format, nothing is made."""
    with transaction(connection):
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO epochs VALUES (0, ?, 0)", (str(uuid.uuid4()),))


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Hold the file's write lock: what is executed meanwhile is committed as a whole, or not at all."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:  # an interrupt, too, must release the write lock; it is raised again
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def connect_file(path: Path, synchronous: str, cache: int) -> sqlite3.Connection:
    """Open a file of the log. `cache`: KiB. Raises Full, Unavailable and UnreadableFile."""
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
        # A bundle is large: larger pages make shorter chains of them.
        connection.execute("PRAGMA page_size = 16384")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute(f"PRAGMA cache_size = -{cache}")
        bound_memory(connection)
        connection.execute("PRAGMA cell_size_check = ON")
    except sqlite3.Error as error:
        raise log_error(error, path) from error
    return connection


def chain_to(connection: sqlite3.Connection, position: int, checksum: int) -> int:
    """What the record at a position is chained to; `checksum` is that of the record before it (0: none)."""
    begun = connection.execute("SELECT identity FROM epochs WHERE position = ? ORDER BY number", (position,))
    for (identity,) in begun:
        checksum = seed(identity, checksum)
    return checksum


def is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that what the file holds is damaged, rather than that it cannot be had just now."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or "decode to UTF-8" in str(error)


def page_problem(path: Path) -> str:
    """What is wrong with the pages of an SQLite file; empty if nothing is. Raises Full and Unavailable."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=BUSY_MS / 1000)) as connection:
            check_lines = [str(line) for (line,) in connection.execute("PRAGMA quick_check(1)")]
    except sqlite3.Error as error:
        if is_damage(error):
            return str(error)
        raise log_error(error, path) from error
    return "" if check_lines == ["ok"] else "; ".join(" ".join(line.split()) for line in check_lines)


def log_error(error: Exception, path: Path | None = None) -> Exception:
    """The log's own error for one of SQLite, or of opening the file at `path`."""
    if isinstance(error, Failure):
        return error
    sqlite_text = str(error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_CORRUPT:
        return DamagedFile(f"{path or 'a file of the log'} is damaged: {sqlite_text}")
    if code == sqlite3.SQLITE_NOTADB:
        return UnreadableFile(f"{path or 'a file of the log'} is not a file of a log: {sqlite_text}")
    if code == sqlite3.SQLITE_CANTOPEN and path is not None and _never_opens(path):
        return UnreadableFile(f"{path} cannot be opened: it is not a file that this user may write")
    if "disk is full" in sqlite_text or "disk I/O error" in sqlite_text:
        return Full(f"the log cannot be written: {sqlite_text}")
    return Unavailable(f"the log cannot be used: {sqlite_text}")


def _never_opens(path: Path) -> bool:
    """Whether that a file cannot be opened is its own fault, and no passing one."""
    return path.exists() and not (path.is_file() and os.access(path, os.R_OK | os.W_OK))
