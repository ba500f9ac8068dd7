"""Logins for SQL of a data folder: each sees the rows of one tenant. The engine reads them whenever somebody asks."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lrs.errors import UnreadableFile
from lrs.files import replace_file
from schemas.envelope import NOT_DECODABLE

LEAST_PASSWORD = 16  # characters: nobody counts guesses here
_LOGIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}", re.ASCII)
_TAKEN = frozenset({"pacer", "default"})  # users of Pacer itself, and of every ClickHouse


class BadSqlLogin(ValueError):
    """Not what a login for SQL may be. The message holds no password."""


class SqlLoginExists(Exception):
    """The name is in use."""


@dataclass(frozen=True, slots=True)
class SqlLogin:
    """Whose rows a login sees."""

    name: str
    tenant: str


def check_sql_login(name: str, tenant: str, password: str) -> None:
    """Raise BadSqlLogin, which says what is wrong, unless there may be such a login."""
    if not _LOGIN_NAME.fullmatch(name) or name in _TAKEN:
        raise BadSqlLogin(f"{name!r} is not a name of letters, digits, '.', '_' and '-', or one that Pacer uses")
    if not tenant:
        raise BadSqlLogin("a login for SQL needs a tenant: it sees the rows of that one")
    if len(password) < LEAST_PASSWORD:
        raise BadSqlLogin(f"a password has at least {LEAST_PASSWORD} characters: leave it out to have one made")


def password_hash(password: str) -> str:
    """What is kept of a password, as ClickHouse keeps it, too."""
    return hashlib.sha256(password.encode()).hexdigest()


class _Kept(msgspec.Struct, frozen=True):
    tenant: str
    hash: str


_logins_decoder = msgspec.json.Decoder(dict[str, _Kept])


class FolderSqlLogins:
    """The logins of a data folder, in a file for its owner's eyes alone."""

    def __init__(self, data: Path) -> None:
        self._path = data / "sql_logins.json"

    def add(self, name: str, tenant: str, password: str, replace: bool = False) -> None:
        """Add a login, or with `replace` give one that exists this tenant and password.

        Raises BadSqlLogin, SqlLoginExists.
        """
        check_sql_login(name, tenant, password)
        with self._alone():
            kept = self._read()
            if name in kept and not replace:
                raise SqlLoginExists(name)
            self._write(kept | {name: _Kept(tenant, password_hash(password))})

    def listed(self) -> list[SqlLogin]:
        """All logins, by name."""
        return [SqlLogin(name, kept.tenant) for name, kept in sorted(self._read().items())]

    def revoke(self, name: str) -> bool:
        """Remove a login; False if there is none."""
        with self._alone():
            kept = self._read()
            if name not in kept:
                return False
            self._write({other: login for other, login in kept.items() if other != name})
        return True

    def tenant_of(self, name: str, password: str) -> str | None:
        """The tenant of a login with its password; None for any other."""
        kept = self._read().get(name)
        right = hmac.compare_digest(kept.hash if kept else "", password_hash(password))
        return kept.tenant if kept and right else None

    def _read(self) -> dict[str, _Kept]:
        try:
            return _logins_decoder.decode(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (IsADirectoryError, *NOT_DECODABLE) as error:
            raise UnreadableFile(
                f"{self._path} is not what was written: remove it, and add the logins again"
            ) from error

    def _write(self, kept: dict[str, _Kept]) -> None:
        replace_file(self._path, msgspec.json.encode(kept))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep two commands from writing over each other."""
        with self._path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
