"""The transactional database: SQLite embedded, PostgreSQL distributed. What stores of it share."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.schema import CreateIndex, CreateTable

from lrs.database.open_database import OpenDatabase
from lrs.database.sqlite_memory import bound_memory
from lrs.errors import Full, Transient, UnreadableFile
from lrs.extras import needs

_open: WeakKeyDictionary[Engine, OpenDatabase] = WeakKeyDictionary()
_BUSY_SECONDS = 30  # how long a writer waits for the others of an SQLite file
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT)
_NO_ROOM = ("database or disk is full", "No space left on device")


def open_engine(url: str, **settings: Any) -> Engine:
    """The database at an SQLAlchemy URL, with settings for PostgreSQL; an SQLite file is durable once it answers.

    Nothing is connected to yet. Raises MissingExtra, and for what is not the URL of a database ArgumentError or
    NoSuchModuleError.
    """
    if not url.startswith("sqlite"):
        with needs("kafka"):
            return create_engine(url, **settings)
    database = OpenDatabase(Path(make_url(url).database or ""))
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS, "factory": database.connect})
    _open[engine] = database

    @event.listens_for(engine, "do_connect")
    def only_the_same(*_: Any) -> None:
        database.check()  # else SQLite would make another file

    @event.listens_for(engine, "connect")
    def durable(connection: Any, _: Any) -> None:
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous=FULL")
        bound_memory(connection)
        database.opened(connection)

    @event.listens_for(engine, "begin")
    @event.listens_for(engine, "commit")  # and again once it is committed: see WatchedConnection
    def still_the_same(_: Connection) -> None:
        database.check()

    return engine


def open_with_tables(tables: MetaData, url: str, whose: str, **settings: Any) -> Engine:
    """An engine for the database at a URL, with the tables that it lacked. Raises as `open_engine`."""
    engine = open_engine(url, **settings)
    with database_errors(whose):
        make_tables(engine, tables)
    return engine


class LateEngine:
    """An engine that is opened, with the tables that its database lacks, when it is first asked for: a process can
    start before its database answers, and a later question tries again. Safe to use from many threads."""

    def __init__(self, tables: MetaData, url: str, **settings: Any) -> None:
        self._tables = tables
        self._url = url
        self._settings = settings
        self._engine: Engine | None = None
        self._lock = threading.Lock()

    def open(self) -> Engine:
        """The engine. Raises as `open_engine`, and what `make_tables` does."""
        with self._lock:
            if self._engine is None:
                engine = open_engine(self._url, **self._settings)
                make_tables(engine, self._tables)
                self._engine = engine
            return self._engine

    def dispose(self) -> None:
        """Let go of the database, if it was opened."""
        with self._lock:
            if self._engine is not None:
                self._engine.dispose()


def check_in_use(engine: Engine) -> None:
    """See that an SQLite file, or a journal of it, was not removed or replaced since it was opened. Raises FileGone."""
    if (database := _open.get(engine)) is not None:
        database.check()


def check_databases() -> None:
    """As `check_in_use`, of every database that this process has open. Raises FileGone."""
    for database in list(_open.values()):
        if database.is_open:
            database.check()


def make_tables(engine: Engine, tables: MetaData) -> None:
    """Make the tables that are missing. Raises DBAPIError."""
    missing: list[CreateTable | CreateIndex] = []
    for table in tables.sorted_tables:
        missing.append(CreateTable(table, if_not_exists=True))
        missing += [CreateIndex(index, if_not_exists=True) for index in table.indexes]
    for creation in missing:
        try:
            _execute(engine, creation)
        except DBAPIError:  # PostgreSQL's answer where another process makes it at the same moment
            _execute(engine, creation)


def _execute(engine: Engine, creation: CreateTable | CreateIndex) -> None:
    with engine.begin() as connection:
        connection.execute(creation)


class DatabaseUnavailable(Transient):
    """The transactional database cannot be reached, or did not answer."""


@contextmanager
def database_errors(whose: str) -> Iterator[None]:
    """The database's errors as Full, UnreadableFile and DatabaseUnavailable, of `whose` database.

    Their texts may hold parameters, so they stay out.
    """
    try:
        yield
    except IntegrityError:
        raise
    except NoConnection as error:
        raise DatabaseUnavailable(f"the {whose} database has no connection free") from error
    except DBAPIError as error:
        if any(words in str(error.orig) for words in _NO_ROOM):
            raise Full(f"the {whose} database has no room") from error
        if getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise UnreadableFile(f"the {whose} database cannot be read: {error.orig}") from error
        raise DatabaseUnavailable(f"the {whose} database did not answer ({type(error.orig).__name__})") from error
    except OSError as error:  # pg8000 lets the socket's own errors through
        raise DatabaseUnavailable(f"the {whose} database did not answer ({type(error).__name__})") from error


def _write_ahead(connection: Any) -> None:
    """Let readers never wait for a writer. SQLite itself does not wait where several processes set this at once."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return
