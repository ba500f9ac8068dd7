"""One process at a time changes ClickHouse's tables: a lock in the transactional database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.pool import NullPool

from lrs.database.connection import database_errors, open_engine

_LOCK = 0x7061636572  # "pacer"


@contextmanager
def exclusive_lock(database: str) -> Iterator[None]:
    """Hold the lock; PostgreSQL gives it back when this process ends, however it ends. Raises DatabaseUnavailable.

    An SQLite file is held by its own write lock.
    """
    engine = open_engine(database, poolclass=NullPool)
    postgres = engine.dialect.name == "postgresql"
    try:
        with database_errors("coordinating"), engine.connect() as connection:
            connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})" if postgres else "BEGIN IMMEDIATE"))
            try:
                yield
            finally:
                connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})" if postgres else "ROLLBACK"))
    finally:
        engine.dispose()
