"""One process at a time changes ClickHouse's tables, or stamps the servers: locks in the transactional database."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from lrs.database.connection import database_errors, open_engine
from lrs.errors import Held

TABLES = 0x7061636572  # the numbers of PostgreSQL's locks: "pacer", and the next
STAMPS = TABLES + 1
PATIENCE_SECONDS = 60.0  # a round of stamps takes as long at most, where all goes well
_WORK = {TABLES: "ClickHouse's tables", STAMPS: "the stamps of servers"}
_LOCK_TIMEOUT = "55P03"  # PostgreSQL's code of it
_LONGEST_NAME = 63  # that PostgreSQL keeps
_HOLDERS = (
    "SELECT holder.pid, holder.application_name, host(holder.client_addr) AS address "
    "FROM pg_locks AS held JOIN pg_database AS mine ON mine.oid = held.database AND mine.datname = current_database() "
    "JOIN pg_stat_activity AS holder ON holder.pid = held.pid "
    "WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1 "
)


@contextmanager
def exclusive_lock(database: str, lock: int = TABLES) -> Iterator[None]:
    """Hold a lock; PostgreSQL gives it back when this process ends, however it ends. Raises DatabaseUnavailable, and
    Held once it has waited for PATIENCE_SECONDS.

    An SQLite file has one lock, its own write lock.
    """
    engine = open_engine(database, poolclass=NullPool)
    postgres = engine.dialect.name == "postgresql"
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        with database_errors("coordinating"):
            connection = stack.enter_context(engine.connect())
            if postgres:
                _take(connection, lock)
            else:
                connection.execute(text("BEGIN IMMEDIATE"))
        try:
            yield  # errors of what is done under the lock are not the database's
        finally:
            with database_errors("coordinating"):
                connection.execute(text(f"SELECT pg_advisory_unlock({lock})" if postgres else "ROLLBACK"))


def _take(connection: Connection, lock: int) -> None:
    name = f"lrs, process {os.getpid()} on {socket.gethostname()}"[:_LONGEST_NAME]
    connection.execute(text("SELECT set_config('application_name', :name, false)"), {"name": name})
    connection.execute(text(f"SET lock_timeout = '{PATIENCE_SECONDS * 1000:.0f}ms'"))
    try:
        connection.execute(text(f"SELECT pg_advisory_lock({lock})"))
    except DBAPIError as error:
        if _LOCK_TIMEOUT not in str(error.orig):
            raise
        connection.rollback()
        raise Held(_held(connection, lock)) from None


def _held(connection: Connection, lock: int) -> str:
    """Who holds a lock, as far as PostgreSQL knows, and what to do."""
    of_lock = f"AND held.classid = {lock >> 32} AND held.objid = {lock & 0xFFFFFFFF}"
    holder = connection.execute(text(_HOLDERS + of_lock)).first()
    begin = f"another process works on {_WORK[lock]}, and has not ended within {PATIENCE_SECONDS:g} s"
    if holder is None:
        return f"{begin}, but just now: try again"
    address = f", from {holder.address}" if holder.address else ""
    return (
        f"{begin}: {holder.application_name or 'one without a name'} (PostgreSQL's session {holder.pid}{address}). "
        "Wait for it; where it stands still, let it go on (`kill -CONT`) or end it; where its machine is gone, end its "
        f"session: SELECT pg_terminate_backend({holder.pid})"
    )
