"""A gate of processes on many machines: a lock in the transactional database that they share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zlib import crc32

from sqlalchemy import make_url, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from lrs.database.connection import DatabaseUnavailable, database_errors, open_engine
from lrs.store.gate import FileGate, TableGate

_GATE_LOCKS = 0x70616365  # "pace": of the locks of two numbers, apart from all others of the database
_LOCK_TIMEOUT = "55P03"  # PostgreSQL's code of it
_PATIENCE_SECONDS = 10  # for batches under way, before it is given up to shut the gate


class PostgresGate:
    """A gate that PostgreSQL keeps: the session that shut it opens it when it ends, however it ends.

    Whoever waits to shut it comes before those who come to pass later. It knows no generations.
    """

    def __init__(self, database: str, name: str) -> None:
        settings = {"pool_size": 1, "max_overflow": 1, "pool_pre_ping": True, "isolation_level": "AUTOCOMMIT"}
        self._engine: Engine = open_engine(database, **settings)
        self._name = name
        self._key = f"{_GATE_LOCKS}, {crc32(name.encode()) & 0x7FFFFFFF}"

    @contextmanager
    def passing(self) -> Iterator[int]:
        """As in TableGate. Raises DatabaseUnavailable, also once the batch has passed: then it may have passed a shut
        gate, and is to be given again."""
        with self._connected() as connection, self._held(connection, "_shared"):
            yield 0

    @contextmanager
    def shut(self) -> Iterator[None]:
        """As in TableGate. Raises DatabaseUnavailable, also where the batches under way take too long."""
        with self._connected() as connection:
            with database_errors("coordinating"):
                connection.execute(text(f"SET lock_timeout = '{_PATIENCE_SECONDS}s'"))
            with self._held(connection, ""):
                yield

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with database_errors("coordinating"):
            connection = self._engine.connect()
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _patience(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if _LOCK_TIMEOUT not in str(error.orig):
                raise
            raise DatabaseUnavailable(f"another process is at work behind the gate {self._name!r}: try again") from None

    @contextmanager
    def _held(self, connection: Connection, how: str) -> Iterator[None]:
        with database_errors("coordinating"), self._patience():
            connection.execute(text(f"SELECT pg_advisory_lock{how}({self._key})"))
        try:
            yield
        finally:
            try:
                with database_errors("coordinating"):
                    connection.execute(text(f"SELECT pg_advisory_unlock{how}({self._key})"))
            except BaseException:  # an interrupt, too, must not leave the lock held; it is raised again
                connection.invalidate()  # so that its session ends, and the lock with it
                raise


def shared_gate(database: str, name: str) -> TableGate:
    """The gate of a name, in the database at an SQLAlchemy URL; beside the file, where that is SQLite's."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        return FileGate(Path(url.database or "").parent / "gates" / name)
    return PostgresGate(database, name)
