"""One process at a time changes ClickHouse's tables: a lock in the transactional database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from lrs.log import Unavailable

_LOCK = 0x7061636572  # "pacer"


@contextmanager
def alone(database: str) -> Iterator[None]:
    """Hold the lock; PostgreSQL gives it back when this process ends, however it ends. Raises Unavailable.

    An SQLite file is held by its own write lock.
    """
    engine = create_engine(database, poolclass=NullPool)
    postgres = engine.dialect.name == "postgresql"
    try:
        with engine.connect() as connection:
            connection.execute(text(f"SELECT pg_advisory_lock({_LOCK})" if postgres else "BEGIN IMMEDIATE"))
            try:
                yield
            finally:
                connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})" if postgres else "ROLLBACK"))
    except DBAPIError as error:
        raise Unavailable(f"the database did not answer ({type(error.orig).__name__})") from error
    finally:
        engine.dispose()
