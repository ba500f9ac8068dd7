"""The table of credentials: SQLite embedded, PostgreSQL distributed. Secrets are kept only as salted hashes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateTable

from lrs.database.connection import DatabaseUnavailable, check_in_use, database_errors, open_engine

_credential_metadata = MetaData()
_credentials_table = Table(
    "credentials",
    _credential_metadata,
    Column("key", String(255), primary_key=True),
    Column("tenant", String(255), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("revoked", Boolean, nullable=False, default=False),
    # Older databases have none of these: null is their meaning.
    Column("scopes", Text),  # with spaces between them; null: all
    Column("name", Text),
    Column("rate", Float),  # requests a second; null: any
    Column("burst", Integer),
    Column("lenient", Text),  # the home page of accounts that lack one; null: strict
)
_c = _credentials_table.c
_T = TypeVar("_T")


class RowExists(Exception):
    """A row with this key exists already."""


class CredentialRow(NamedTuple):
    """A row of the table of credentials."""

    key: str
    tenant: str
    salt: bytes
    hash: bytes
    revoked: bool
    scopes: str | None
    name: str | None
    rate: float | None
    burst: int | None
    lenient: str | None


class CredentialTable:
    """The rows of one database. Safe to use from many threads and processes.

    Every method raises DatabaseUnavailable when the database does not answer, and Full when it has no room.
    """

    def __init__(self, url: str) -> None:
        # Each change is one statement, so that nothing needs BEGIN and COMMIT around it.
        self._engine = open_engine(url, pool_size=10, isolation_level="AUTOCOMMIT")
        with _named():
            _prepare(self._engine)
        self._reader = SqliteCredentialReader(self._engine) if url.startswith("sqlite") else None

    @property
    def quick(self) -> bool:
        """Whether `current` takes microseconds, so that an event loop may ask it."""
        return self._reader is not None

    def current(self, key: str) -> CredentialRow | None:
        """The current row, whichever process wrote it."""
        with _named():
            return (
                self._reader.row(key)
                if self._reader
                else self._again(self._engine.connect, lambda c: _credential_row(c, key))
            )

    def put(self, key: str, new: bool = False, **values: Any) -> bool:
        """Change the named columns of a row, or insert it where it is missing; with `new`, False if it exists."""
        while new or not self.change(key, **values):
            try:
                with _named(), self._engine.begin() as connection:
                    connection.execute(insert(_credentials_table).values(key=key, **values))
            except RowExists:  # perhaps another process was first
                if new:
                    return False
            else:
                return True
        return True

    def change(self, key: str, **values: Any) -> bool:
        """Change the named columns of a row; False if there is no such row."""
        changed = update(_credentials_table).where(_c.key == key).values(**values)
        with _named():
            return self._again(self._engine.begin, lambda connection: connection.execute(changed).rowcount == 1)

    def rows(self) -> list[CredentialRow]:
        """Every row, by key."""
        with _named(), self._engine.connect() as connection:
            return [CredentialRow(*row) for row in connection.execute(select(_credentials_table).order_by(_c.key))]

    def close(self) -> None:
        """Close the database's connections."""
        if self._reader:
            self._reader.close()
        self._engine.dispose()

    def _again(self, opened: Callable[[], AbstractContextManager[Connection]], ask: Callable[[Connection], _T]) -> _T:
        """Ask; once more where the pooled connections had died unseen (to test each first would cost a query)."""
        try:
            with opened() as connection:
                return ask(connection)
        except (DBAPIError, OSError):  # pg8000 lets the socket's own errors through
            self._engine.dispose()
        with opened() as connection:
            return ask(connection)


class SqliteCredentialReader:
    """Reads rows of an SQLite database in microseconds, on one connection that is kept."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._pooled = engine.raw_connection()
        connection: Any = self._pooled.driver_connection
        connection.execute("PRAGMA busy_timeout = 500")  # ms: an event loop waits for it
        self._connection = connection
        self._lock = threading.Lock()
        self._select = f"SELECT {', '.join(column.name for column in _c)} FROM credentials WHERE key = ?"

    def row(self, key: str) -> CredentialRow | None:
        """The current row."""
        check_in_use(self._engine)
        with self._lock:
            try:
                credential_row = self._connection.execute(self._select, (key,)).fetchone()
            except sqlite3.Error as error:
                raise DatabaseUnavailable(
                    f"the credentials' database did not answer ({type(error).__name__})"
                ) from error
        return CredentialRow(*credential_row) if credential_row else None

    def close(self) -> None:
        """Give the connection back."""
        self._pooled.close()


def _credential_row(connection: Connection, key: str) -> CredentialRow | None:
    credential_row = connection.execute(select(_credentials_table).where(_c.key == key)).first()
    return CredentialRow(*credential_row) if credential_row else None


def _prepare(engine: Engine) -> None:
    """Make the table, and the columns that an older database lacks; other processes may do the same at this moment."""
    for last in (False, True):
        try:
            with engine.begin() as connection:
                connection.execute(CreateTable(_credentials_table, if_not_exists=True))
            break
        except DBAPIError:
            if last:
                raise
    for column in _credentials_table.columns:
        if column.name in _column_names(engine):
            continue
        kind = column.type.compile(engine.dialect)
        try:
            with engine.begin() as connection:
                connection.execute(text(f"ALTER TABLE credentials ADD COLUMN {column.name} {kind}"))
        except DBAPIError:
            if column.name not in _column_names(engine):
                raise


def _column_names(engine: Engine) -> set[str]:
    return {column["name"] for column in inspect(engine).get_columns("credentials")}


@contextmanager
def _named() -> Iterator[None]:
    try:
        with database_errors("credentials'"):
            yield
    except IntegrityError as error:
        raise RowExists from error
