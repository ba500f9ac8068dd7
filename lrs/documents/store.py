"""Documents in a transactional database: SQLite embedded, PostgreSQL distributed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from lrs.clock import system_time
from lrs.database.connection import database_errors
from lrs.database.sql_store import SqlStore

_document_metadata = MetaData()
# An address may be longer than an index entry of either database, so its hash is the key.
_documents_table = Table(
    "documents",
    _document_metadata,
    Column("address", LargeBinary(32), primary_key=True),
    Column("shelf", LargeBinary(32), nullable=False, index=True),
    Column("tenant", String(255), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("activity", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("registration", String(36), nullable=False),
    Column("name", Text, nullable=False),
    Column("revision", LargeBinary(16), nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("etag", String(40), nullable=False),
    Column("media", String(255), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
_document_columns = _documents_table.c
_DOCUMENTS_OWNER = "documents'"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Documents that are listed and deleted together; parts that a kind does not have are ""."""

    tenant: str
    kind: str
    activity: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class DocumentAddress:
    """The address of one document. `registration` is "" for none, which is an address of its own."""

    shelf: Shelf
    name: str
    registration: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes as they came, and the Content-Type they came with."""

    data: bytes
    media: str


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document; etag is the SHA-1 of its bytes in hex, updated is in µs since the epoch."""

    content: Content
    etag: str
    updated: int
    revision: bytes


@dataclass(frozen=True, slots=True)
class DocumentNames:
    """Names of documents, and when the latest of them was updated (µs since the epoch; 0: there is none)."""

    names: list[str]
    updated: int


class Documents(SqlStore):
    """The documents in one database. Safe to use from many threads and processes."""

    def __init__(self, url: str, clock: Callable[[], int] = system_time) -> None:
        self._clock = clock
        super().__init__(_document_metadata, url, _DOCUMENTS_OWNER, pool_size=20, max_overflow=20, pool_pre_ping=True)

    def get(self, address: DocumentAddress) -> Document | None:
        """The document at an address."""
        with self._reading() as connection:
            return _read_document(connection, address)

    def change(self, address: DocumentAddress, decide: Callable[[Document | None], Content | None]) -> None:
        """Replace the stored document (None: there is none) by what `decide` makes of it.

        What `decide` saw is still stored when its answer is written, or it is called again: of writers that race with
        the same condition exactly one wins. What `decide` raises leaves everything as it was.
        """
        with database_errors(_DOCUMENTS_OWNER):
            while True:
                with self._engine.connect() as connection:
                    existing = _read_document(connection, address)
                content = decide(existing)
                if self._swap(address, existing, content):
                    return

    def listed(self, shelf: Shelf, registration: str | None = None, since: int | None = None) -> DocumentNames:
        """The documents of a shelf (of one registration), updated later than `since` (µs since the epoch)."""
        names_query = select(_document_columns.name, func.max(_document_columns.updated)).where(
            _on(shelf, registration)
        )
        if since is not None:
            names_query = names_query.where(_document_columns.updated > since)
        with self._reading() as connection:
            rows = connection.execute(
                names_query.group_by(_document_columns.name).order_by(_document_columns.name)
            ).all()
        return DocumentNames([name for name, _ in rows], max((updated for _, updated in rows), default=0))

    def clear(self, shelf: Shelf, registration: str | None = None) -> None:
        """Delete the documents of a shelf (of one registration)."""
        with self._writing() as connection:
            connection.execute(delete(_documents_table).where(_on(shelf, registration)))

    def _swap(self, address: DocumentAddress, existing: Document | None, content: Content | None) -> bool:
        """Replace exactly what was seen; False if something else is stored there by now."""
        key = _hash(address)
        if existing is not None:
            same_revision = and_(_document_columns.address == key, _document_columns.revision == existing.revision)
            with self._engine.begin() as connection:
                if content is None:
                    return connection.execute(delete(_documents_table).where(same_revision)).rowcount == 1
                return (
                    connection.execute(
                        update(_documents_table).where(same_revision).values(**self._row(content))
                    ).rowcount
                    == 1
                )
        if content is None:
            return True
        shelf = address.shelf
        whole = {
            "address": key,
            "shelf": _hash(shelf),
            "tenant": shelf.tenant,
            "kind": shelf.kind,
            "activity": shelf.activity,
            "agent": shelf.agent,
            "registration": address.registration,
            "name": address.name,
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(_documents_table).values(**whole, **self._row(content)))
        except IntegrityError:
            return False
        return True

    def _row(self, content: Content) -> dict[str, Any]:
        return {
            "revision": secrets.token_bytes(16),
            "updated": self._clock(),
            "etag": hashlib.sha1(content.data, usedforsecurity=False).hexdigest(),
            "media": content.media,
            "content": content.data,
        }


def embedded_documents_url(data: Path) -> str:
    """Where the embedded runtime keeps documents."""
    return f"sqlite:///{data / 'documents.db'}"


def _read_document(connection: Connection, address: DocumentAddress) -> Document | None:
    document_query = select(
        _document_columns.content,
        _document_columns.media,
        _document_columns.etag,
        _document_columns.updated,
        _document_columns.revision,
    )
    # The hash holds the tenant; it is asked for by name as well, so that no mistake in a hash can cross tenants.
    row = connection.execute(
        document_query.where(
            _document_columns.address == _hash(address), _document_columns.tenant == address.shelf.tenant
        )
    ).first()
    if row is None:
        return None
    return Document(Content(bytes(row.content), row.media), row.etag, row.updated, bytes(row.revision))


def _on(shelf: Shelf, registration: str | None) -> ColumnElement[bool]:
    on_shelf = and_(_document_columns.shelf == _hash(shelf), _document_columns.tenant == shelf.tenant)
    return on_shelf if registration is None else and_(on_shelf, _document_columns.registration == registration)


def _hash(of: DocumentAddress | Shelf) -> bytes:
    """The key of a row: the names and the order of the fields of both classes are stored, and must not change."""
    return hashlib.sha256(orjson.dumps(of)).digest()
