"""One process at a time changes ClickHouse's tables, or stamps the servers: locks in the transactional database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import text
from sqlalchemy.pool import NullPool

from lrs.database.connection import database_errors, open_engine

TABLES = 0x7061636572  # the numbers of PostgreSQL's locks: "pacer", and the next
STAMPS = TABLES + 1


@contextmanager
def exclusive_lock(database: str, lock: int = TABLES) -> Iterator[None]:
    """Hold a lock; PostgreSQL gives it back when this process ends, however it ends. Raises DatabaseUnavailable.

    An SQLite file has one lock, its own write lock.
    """
    engine = open_engine(database, poolclass=NullPool)
    postgres = engine.dialect.name == "postgresql"
    take, give_back = (
        (f"SELECT pg_advisory_lock({lock})", f"SELECT pg_advisory_unlock({lock})")
        if postgres
        else ("BEGIN IMMEDIATE", "ROLLBACK")
    )
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        with database_errors("coordinating"):
            connection = stack.enter_context(engine.connect())
            connection.execute(text(take))
        try:
            yield  # errors of what is done under the lock are not the database's
        finally:
            with database_errors("coordinating"):
                connection.execute(text(give_back))
