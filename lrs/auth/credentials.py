"""Credentials: a key and a secret, hashed at rest, each bound to one tenant and to what it may do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from lrs.auth.credential_table import CredentialRow, CredentialTable
from lrs.auth.limits import Rate
from lrs.auth.scopes import EVERY, Scope, scopes_among

DEFAULT_TENANT = "default"
_COST = {"n": 2**14, "r": 8, "p": 1}  # OWASP's lower setting for scrypt: 16 MiB, ~50 ms, paid once a process
_SALT = b"\0" * 16  # of keys that there are not
_MOST_VERIFIED = 10_000
_LONGEST_KEY = 255  # characters of a key


class BadCredential(ValueError):
    """A credential that cannot be added."""


class CredentialExists(BadCredential):
    """A credential with this key exists already."""


@dataclass(frozen=True, slots=True)
class Credential:
    """Who asks: the key, never the secret, whose data it may see, what it may do, and how often (None: any)."""

    key: str
    tenant: str
    scopes: frozenset[Scope] = EVERY
    rate: Rate | None = None
    lenient: str | None = None  # known faults are repaired; the home page of accounts that lack one. None: strict


@dataclass(frozen=True, slots=True)
class ListedCredential:
    """A credential with its name and its state."""

    credential: Credential
    name: str
    revoked: bool


class Credentials:
    """The credentials in one database. Safe to use from many threads and processes.

    Every method raises DatabaseUnavailable when the database does not answer, and Full when it has no room.
    """

    def __init__(self, url: str) -> None:
        self._table = CredentialTable(url)
        self._pepper = secrets.token_bytes(32)
        # Hashes that a header was verified against, by a digest keyed for this process: scrypt on every request would
        # cap the API at 20 a second. What the hash is worth now, the table says each time.
        self._verified: dict[bytes, tuple[str, bytes]] = {}

    def add(
        self,
        key: str,
        secret: str,
        tenant: str = DEFAULT_TENANT,
        scopes: Iterable[Scope] | None = None,
        rate: Rate | None = None,
        name: str | None = None,
        new: bool = False,
    ) -> Credential:
        """Add a credential, or replace the secret and tenant of one, and what else is given.

        With `new`, it must not exist yet. Raises BadCredential, and CredentialExists of these.
        """
        if not key or ":" in key or len(key) > _LONGEST_KEY or not key.isprintable():
            raise BadCredential(f"a key must have 1 to {_LONGEST_KEY} printable characters and no colon")
        if not is_tenant(tenant):
            raise BadCredential("a tenant must have 1 to 255 printable characters")
        values = {"tenant": tenant, **_secret(secret), **_settings(scopes, rate, name)}
        if not self._table.put(key, new, **values):
            raise CredentialExists(f"credential {key} already exists")
        return Credential(key, tenant, EVERY if scopes is None else frozenset(scopes), rate)

    def rotate(self, key: str, secret: str) -> bool:
        """Give a credential another secret, and its use back if it was revoked; False if there is none."""
        return self._table.change(key, **_secret(secret))

    def revoke(self, key: str) -> bool:
        """Refuse a credential from the next request on, in every process; False if there is none."""
        return self._table.change(key, revoked=True)

    def change(
        self,
        key: str,
        scopes: Iterable[Scope] | None = None,
        rate: Rate | None = None,
        name: str | None = None,
        unlimited: bool = False,
        lenient: str | None = None,
        strict: bool = False,
    ) -> bool:
        """Change what is given of a credential, from the next request on; False if there is none.

        `unlimited` takes its rate away, `strict` its leniency. Raises BadCredential when nothing is given.
        """
        values = _settings(scopes, rate, name) | ({"rate": None, "burst": None} if unlimited else {})
        if strict or lenient is not None:
            values["lenient"] = None if strict else lenient
        if not values:
            raise BadCredential("nothing to change was given")
        return self._table.change(key, **values)

    def get(self, key: str) -> ListedCredential | None:
        """The current state of a credential."""
        row = self._table.current(key)
        return _listed(row) if row else None

    def kept_secret(self, key: str) -> bytes | None:
        """The salted hash that is kept of a credential's secret; None if there is no such credential."""
        row = self._table.current(key)
        return row.hash if row else None

    def listed(self) -> list[ListedCredential]:
        """Every credential, by key."""
        return [_listed(row) for row in self._table.rows()]

    @property
    def quick(self) -> bool:
        """Whether `known` takes microseconds, so that an event loop may ask it; else it is one small query."""
        return self._table.quick

    def verified_before(self, authorization: str) -> Credential | None:
        """Whom a header that was verified here before speaks for, with current rights; None: `verify` it."""
        digest = self._digest(authorization)
        verified = self._verified.get(digest)
        if verified is None:
            return None
        key, hashed = verified
        row = self._table.current(key)
        if row is None or row.revoked or not hmac.compare_digest(row.hash, hashed):
            self._verified.pop(digest, None)
            return None
        return _credential(row)

    def verify(self, authorization: str) -> Credential | None:
        """Who an `Authorization: Basic …` header speaks for; None if nobody. Takes ~50 ms of a core."""
        pair = basic(authorization)
        if pair is None:
            return None
        key, secret = pair
        row = self._table.current(key)
        # An unknown key costs as much as a known one, so that time does not tell which keys there are.
        hashed = hash_secret(secret, row.salt if row else _SALT)
        if not hmac.compare_digest(hashed, row.hash if row else bytes(len(hashed))) or row is None or row.revoked:
            return None
        while len(self._verified) >= _MOST_VERIFIED:
            self._verified.pop(next(iter(self._verified)), None)
        self._verified[self._digest(authorization)] = (key, row.hash)
        return _credential(row)

    def _digest(self, authorization: str) -> bytes:
        return hmac.digest(self._pepper, authorization.encode(), "sha256")

    def close(self) -> None:
        """Close the database's connections."""
        self._table.close()


def embedded_credentials_url(data: Path) -> str:
    """Where the embedded runtime keeps credentials."""
    return f"sqlite:///{data / 'credentials.db'}"


def is_tenant(name: str) -> bool:
    """Whether a tenant may be called so."""
    return 0 < len(name) <= 255 and name.isprintable()


def hash_secret(secret: str, salt: bytes) -> bytes:
    """What the database keeps of a secret."""
    return hashlib.scrypt(secret.encode(), salt=salt, maxmem=64 << 20, dklen=32, **_COST)


def basic(authorization: str) -> tuple[str, str] | None:
    """The key and the secret in an `Authorization: Basic …` header; None if there are none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        key, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:  # not base64, not ASCII, or not UTF-8
        return None
    return (key, secret) if colon and len(key) <= _LONGEST_KEY else None


def _secret(secret: str) -> dict[str, Any]:
    if not secret:
        raise BadCredential("a secret cannot be empty")
    salt = secrets.token_bytes(16)
    return {"salt": salt, "hash": hash_secret(secret, salt), "revoked": False}


def _settings(scopes: Iterable[Scope] | None, rate: Rate | None, name: str | None) -> dict[str, Any]:
    """The columns of what is given."""
    values: dict[str, Any] = {}
    if scopes is not None:
        values["scopes"] = " ".join(sorted(scopes))
    if rate is not None:
        values |= {"rate": rate.per_second, "burst": rate.burst}
    if name is not None:
        values["name"] = name
    return values


def _listed(row: CredentialRow) -> ListedCredential:
    return ListedCredential(_credential(row), row.name or "", bool(row.revoked))


@lru_cache(_MOST_VERIFIED)
def _credential(row: CredentialRow) -> Credential:
    scopes = EVERY if row.scopes is None else scopes_among(row.scopes.split())
    rate = None if row.rate is None or row.burst is None else Rate(row.rate, row.burst)
    return Credential(row.key, row.tenant, scopes, rate, row.lenient)
