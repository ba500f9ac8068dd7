"""What every store in the transactional database shares: an engine for its tables, transactions, and its end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData

from lrs.database.connection import database_errors, open_with_tables


class SqlStore:
    """A store at an SQLAlchemy URL, whose tables are made where they are missing. `whose` names it in errors.

    Every method of a store raises DatabaseUnavailable when the database does not answer, and Full when it has no room.
    """

    def __init__(self, tables: MetaData, url: str, whose: str, **settings: Any) -> None:
        self._engine = open_with_tables(tables, url, whose, **settings)
        self._whose = whose

    def close(self) -> None:
        """Close the database's connections."""
        self._engine.dispose()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection that only reads."""
        with database_errors(self._whose), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction: what is executed in it is committed as a whole, or not at all."""
        with database_errors(self._whose), self._engine.begin() as connection:
            yield connection


def token_hash(token: str) -> str:
    """What a database keeps of a token: whoever reads the database cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()
