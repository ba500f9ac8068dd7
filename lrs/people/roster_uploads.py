"""Rosters that were uploaded on a page and wait for somebody to say yes, in the transactional database.

Every API process of a store finds them there. They hold names of children, so they are kept for an hour at most, and
the file itself only until it is imported; no backup holds them.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from lrs.database.sql_store import SqlStore, token_hash

SECONDS = 3600
MOST_UPLOAD_BYTES = 16 << 20
_LONGEST_NAME = 100  # bytes

metadata = MetaData()
uploads = Table(
    "roster_uploads",
    metadata,
    Column("token", String(64), primary_key=True),  # its SHA-256
    Column("tenant", String(255), nullable=False),
    Column("name", Text, nullable=False),  # of the file
    Column("source", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),  # the file, or what importing it did
    Column("imported", Boolean, nullable=False),
    Column("until", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class KeptUpload:
    """A file as it was sent; of one that is imported, `content` is the report (CSV)."""

    name: str
    source: str
    content: bytes
    imported: bool

    @property
    def file_name(self) -> str:
        """The name as that of a file here, which messages about its lines begin with."""
        plain = PurePosixPath(self.name.replace("\\", "/")).name
        short = plain.encode()[-_LONGEST_NAME:].decode(errors="ignore")
        return short if short.strip(".") and short.isprintable() else "roster"


class Uploads(SqlStore):
    """Safe to use from many threads and processes. `clock` gives seconds."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "uploads'")
        self._clock = clock

    def keep(self, tenant: str, upload: KeptUpload) -> str:
        """Keep a file; gives the token that finds it."""
        token, now = secrets.token_urlsafe(24), int(self._clock())
        values = asdict(upload) | {"token": token_hash(token), "tenant": tenant, "until": now + SECONDS}
        with self._writing() as connection:
            connection.execute(delete(uploads).where(uploads.c.until <= now))
            connection.execute(insert(uploads).values(values))
        return token

    def find(self, tenant: str, token: str) -> KeptUpload | None:
        """A tenant's upload; None where it is unknown or expired."""
        upload_query = select(uploads.c.name, uploads.c.source, uploads.c.content, uploads.c.imported)
        upload_query = upload_query.where(uploads.c.token == token_hash(token), uploads.c.tenant == tenant)
        with self._reading() as connection:
            row = connection.execute(upload_query.where(uploads.c.until > int(self._clock()))).first()
        return KeptUpload(*row) if row else None

    def finish(self, tenant: str, token: str, report: bytes) -> None:
        """The file was imported: keep the report in its place. Who imports it once more changes no report."""
        where = (uploads.c.token == token_hash(token), uploads.c.tenant == tenant, uploads.c.imported.is_(False))
        with self._writing() as connection:
            connection.execute(update(uploads).where(*where).values(content=report, imported=True))
