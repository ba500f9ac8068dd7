"""Credentials: a key and a secret, hashed at rest, each bound to one tenant."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Boolean, Column, LargeBinary, MetaData, String, Table, create_engine, insert, select, update
from sqlalchemy.engine import Engine

from lrs.auth.scopes import Scope

_metadata = MetaData()
_credentials = Table(
    "credentials",
    _metadata,
    Column("key", String(255), primary_key=True),
    Column("tenant", String(255), nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("revoked", Boolean, nullable=False, default=False),
)
DEFAULT_TENANT = "default"
_COST = {"n": 2**14, "r": 8, "p": 1}  # OWASP's lower setting for scrypt: 16 MiB, ~50 ms, paid once a process


class BadCredential(ValueError):
    """A credential that cannot be added."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Who asks: the key, never the secret, and whose data it may see."""

    key: str
    tenant: str
    scopes: frozenset[Scope] = frozenset({Scope.ALL})


class Credentials:
    """The credentials in one database. Safe to use from many threads."""

    def __init__(self, url: str) -> None:
        self._engine = _open(url)
        self._lock = threading.Lock()
        self._pepper = secrets.token_bytes(32)
        # Verified pairs by a digest keyed for this process: scrypt on every request would cap the API at 20 a second.
        self._verified: dict[bytes, Credential] = {}

    def add(self, key: str, secret: str, tenant: str = DEFAULT_TENANT) -> Credential:
        """Add a credential, or replace the secret and tenant of one. Raises BadCredential."""
        if not key or ":" in key or len(key) > 255:
            raise BadCredential("a key has 1 to 255 characters and no colon")
        if not secret:
            raise BadCredential("a secret cannot be empty")
        if not tenant or len(tenant) > 255 or not tenant.isprintable():
            raise BadCredential("a tenant has 1 to 255 printable characters")
        salt = secrets.token_bytes(16)
        values = {"tenant": tenant, "salt": salt, "hash": _hash(secret, salt), "revoked": False}
        with self._engine.begin() as connection:
            done = connection.execute(update(_credentials).where(_credentials.c.key == key).values(**values))
            if done.rowcount == 0:
                connection.execute(insert(_credentials).values(key=key, **values))
        with self._lock:
            self._verified.clear()
        return Credential(key, tenant)

    def listed(self) -> list[tuple[str, str, bool]]:
        """Every (key, tenant, revoked)."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(_credentials.c.key, _credentials.c.tenant, _credentials.c.revoked).order_by(_credentials.c.key)
            )
            return [(row[0], row[1], row[2]) for row in rows]

    def known(self, authorization: str) -> Credential | None:
        """Who a header speaks for, if it was verified here before: quick enough for an event loop."""
        return self._verified.get(self._digest(authorization))

    def verify(self, authorization: str) -> Credential | None:
        """Who an `Authorization: Basic …` header speaks for; None if nobody."""
        pair = _basic(authorization)
        if pair is None:
            return None
        key, secret = pair
        with self._engine.connect() as connection:
            row = connection.execute(select(_credentials).where(_credentials.c.key == key)).mappings().first()
        # An unknown key costs as much as a known one, so that time does not tell which keys there are.
        salt, expected = (row["salt"], row["hash"]) if row else (b"\0" * 16, b"")
        if not hmac.compare_digest(_hash(secret, salt), expected) or row is None or row["revoked"]:
            return None
        credential = Credential(key, row["tenant"])
        with self._lock:
            self._verified[self._digest(authorization)] = credential
        return credential

    def _digest(self, authorization: str) -> bytes:
        return hmac.digest(self._pepper, authorization.encode(), "sha256")

    def close(self) -> None:
        """Close the database's connections."""
        self._engine.dispose()


def embedded_url(data: Path) -> str:
    """Where the embedded runtime keeps credentials."""
    return f"sqlite:///{data / 'credentials.db'}"


def _open(url: str) -> Engine:
    engine = create_engine(url)
    _metadata.create_all(engine)
    return engine


def _hash(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret.encode(), salt=salt, maxmem=64 << 20, dklen=32, **_COST)


def _basic(authorization: str) -> tuple[str, str] | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (key, secret) if colon else None
