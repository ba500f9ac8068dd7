"""The turn to rebuild a table, of processes on many machines: a lock in the transactional database that they share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from zlib import crc32

from sqlalchemy import make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from lrs.database.connection import DatabaseUnavailable, database_errors, open_engine
from lrs.store.replay_turn import ReplayUnderWay, StillMine, file_turn, moment, own_name

_REPLAY_LOCKS = 0x72706C79  # "rply": of the locks of two numbers, apart from the gates'
_LONGEST_NAME = 63  # of an application, in PostgreSQL
_HOLDER = """
SELECT application_name, backend_start FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = {space} AND objid = {key}
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@contextmanager
def postgres_turn(database: str, table: str) -> Iterator[StillMine]:
    """The turn for a table: a lock of a session in PostgreSQL, which says who has it and since when.

    Raises ReplayUnderWay and DatabaseUnavailable.
    """
    engine = open_engine(database, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with database_errors("coordinating"):
            connection = engine.connect()
        try:
            with database_errors("coordinating"):
                _take_turn(connection, table)
            yield lambda: _check_session(connection)
        finally:
            connection.close()  # the session ends, and the lock with it
    finally:
        engine.dispose()


def shared_turn(database: str, table: str) -> AbstractContextManager[StillMine]:
    """The turn for a table, in the database at an SQLAlchemy URL; beside the file, where that is SQLite's."""
    url = make_url(database)
    if url.get_backend_name() == "sqlite":
        return file_turn(Path(url.database or "").parent / "gates", table)
    return postgres_turn(database, table)


def _take_turn(connection: Connection, table: str) -> None:
    key = crc32(table.encode()) & 0x7FFFFFFF
    name = own_name().encode("ascii", "replace").decode()[:_LONGEST_NAME]
    connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name})
    if connection.execute(text(f"SELECT pg_try_advisory_lock({_REPLAY_LOCKS}, {key})")).scalar():
        return
    holder = connection.execute(text(_HOLDER.format(space=_REPLAY_LOCKS, key=key))).first()
    # PostgreSQL shows roles that are not superusers little of others' sessions.
    who, started = (holder[0], holder[1]) if holder else ("", None)
    raise ReplayUnderWay(table, who or "another process", moment(started) if started else "an unknown time")


def _check_session(connection: Connection) -> None:
    """Raises DatabaseUnavailable where the session ended: the lock is gone with it."""
    with database_errors("coordinating"):
        if connection.invalidated:
            raise DatabaseUnavailable("the session that held the turn has ended")
        connection.execute(text("SELECT 1"))
