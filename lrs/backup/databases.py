"""The transactional stores' part of a backup: their rows of one moment, the same from SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from sqlalchemy import Connection, MetaData, insert, select

from lrs.accounts.accounts import Accounts, embedded_accounts_url
from lrs.auth.credentials import Credentials, embedded_credentials_url
from lrs.backup.manifest import DatabaseManifest
from lrs.backup.target import BackupTarget, read_checked
from lrs.clock import system_time
from lrs.cmi5.sessions import Sessions, embedded_sessions_url
from lrs.database.connection import database_errors, open_engine
from lrs.documents.store import Documents, embedded_documents_url
from lrs.errors import Conflict, LostData

FOLDER = "databases"
_ROWS_COPIED = 1_000  # at a time


class _Table(msgspec.Struct):
    """Rows of a table follow one of these, each an array, until the next."""

    table: str
    columns: list[str]


@dataclass(frozen=True, slots=True)
class DatabasePart:
    """A store that is backed up: where it is embedded, what makes its tables, and how their names begin."""

    name: str
    embedded: Callable[[Path], str]
    make: Callable[[str], Any]
    prefix: str

    def url(self, data: Path, database: str | None) -> str:
        return database or self.embedded(data)


PARTS = (
    DatabasePart("accounts", embedded_accounts_url, Accounts, "account"),
    DatabasePart("credentials", embedded_credentials_url, Credentials, "credentials"),
    DatabasePart("documents", embedded_documents_url, Documents, "documents"),
    DatabasePart("sessions", embedded_sessions_url, Sessions, "cmi5_"),
)


def copy_database(
    part: DatabasePart, url: str, target: BackupTarget, there: Collection[str], scratch: Path
) -> DatabaseManifest:
    """Copy a store's rows; what is `there`, in the target, is not written again. Raises Transient, Full."""
    file = scratch / part.name
    digest = hashlib.sha256()
    taken, rows = system_time(), 0
    part.make(url).close()  # a store that was never used has no tables
    packer = zstandard.ZstdCompressor(level=6)
    with file.open("wb") as to, packer.stream_writer(to, closefd=False) as packed, _snapshot(part, url) as connection:
        for table_or_row in _database_lines(connection, part):
            rows += isinstance(table_or_row, list)
            packed.write(_framed_line(table_or_row))
    with file.open("rb") as source:
        while piece := source.read(1 << 20):
            digest.update(piece)
    sha256 = digest.hexdigest()
    name = f"{FOLDER}/{part.name}-{sha256[:16]}.zst"
    if name not in there:
        target.put(name, file)
    return DatabaseManifest(part.name, name, sha256, rows, taken)


def check_empty_database(part: DatabasePart, url: str) -> None:
    """See that a store's tables hold nothing. Raises Conflict and Transient."""
    part.make(url).close()
    engine = open_engine(url)
    try:
        with database_errors(f"{part.name}'"), engine.connect() as connection:
            _empty(connection, part)
    finally:
        engine.dispose()


def restore_database(part: DatabasePart, url: str, target: BackupTarget, database: DatabaseManifest) -> None:
    """Write a store's rows into its empty tables. Raises Conflict where they are not, LostData, Transient, Full."""
    part.make(url).close()
    engine = open_engine(url)
    try:
        with database_errors(f"{part.name}'"), engine.begin() as connection:
            tables = _empty(connection, part)
            for name, columns, rows in _read_lines(read_checked(target, database.file, database.sha256)):
                if name not in tables:
                    raise LostData(f"{database.file} has rows of {name}, which this release does not know")
                for start in range(0, len(rows), _ROWS_COPIED):
                    batch = [
                        dict(zip(columns, database_row, strict=True))
                        for database_row in rows[start : start + _ROWS_COPIED]
                    ]
                    connection.execute(insert(tables[name]), batch)
    finally:
        engine.dispose()


@contextmanager
def _snapshot(part: DatabasePart, url: str) -> Iterator[Connection]:
    """A connection that sees one moment, whoever writes."""
    engine = open_engine(url)
    try:
        with database_errors(f"{part.name}'"), engine.connect() as connection:
            if url.startswith("sqlite"):
                connection.exec_driver_sql("BEGIN")
            else:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection
            connection.rollback()
    finally:
        engine.dispose()


def _tables(connection: Connection, part: DatabasePart) -> dict[str, Any]:
    metadata = MetaData()
    metadata.reflect(connection, only=lambda name, _: name.startswith(part.prefix))
    return dict(metadata.tables)


def _empty(connection: Connection, part: DatabasePart) -> dict[str, Any]:
    """A store's tables, which hold nothing. Raises Conflict."""
    tables = _tables(connection, part)
    for table in tables.values():
        if connection.execute(select(table).limit(1)).first() is not None:
            raise Conflict(f"the table {table.name} is not empty: restore into a new folder or database")
    return tables


def _database_lines(connection: Connection, part: DatabasePart) -> Iterator[_Table | list[Any]]:
    for name, table in sorted(_tables(connection, part).items()):
        yield _Table(str(name), [str(column.name) for column in table.columns])
        ordered = select(table).order_by(*table.primary_key.columns)
        for database_row in connection.execution_options(yield_per=_ROWS_COPIED).execute(ordered):
            yield list(database_row)


def _framed_line(line: _Table | list[Any]) -> bytes:
    packed_line = msgspec.msgpack.encode(line)
    return len(packed_line).to_bytes(4, "little") + packed_line


def _read_lines(content: bytes) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    at = 0
    table: _Table | None = None
    rows_of_table: list[list[Any]] = []
    while at < len(plain):
        length = int.from_bytes(plain[at : at + 4], "little")
        line = msgspec.msgpack.decode(plain[at + 4 : at + 4 + length])
        at += 4 + length
        if isinstance(line, dict):
            if table:
                yield table.table, table.columns, rows_of_table
            table, rows_of_table = msgspec.convert(line, _Table), []
        else:
            rows_of_table.append(line)
    if table:
        yield table.table, table.columns, rows_of_table
