"""Where the running engine of a data folder is, and the login of the store itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from schemas.envelope import NOT_DECODABLE

DATABASE = "pacer"
ADDRESS, LOGIN = "engine.port", "engine.json"  # what the engine writes, and makes again while it runs


class Writer(msgspec.Struct, frozen=True):
    """The login of the store itself, which may do all."""

    user: str
    password: str


class Login(msgspec.Struct, frozen=True):
    """The content of LOGIN."""

    writer: Writer


class Address(msgspec.Struct, frozen=True):
    """The content of ADDRESS."""

    host: str
    port: int
    pid: int


_Kept = TypeVar("_Kept", Login, Address)
_decoders: dict[type, msgspec.json.Decoder[Any]] = {kind: msgspec.json.Decoder(kind) for kind in (Login, Address)}


def connect_url(data: Path, login: tuple[str, str] | None = None) -> str:
    """The DSN of a folder's running engine, for a login's name and password, or for the store itself.

    Raises FileNotFoundError when none runs, ValueError where a file that says so cannot be read.
    """
    try:
        port = read_kept(data / ADDRESS, Address).port
        writer = read_kept(data / LOGIN, Login).writer
    except FileNotFoundError as error:
        raise FileNotFoundError(f"the embedded engine of {data} does not run") from error
    user, password = login or (writer.user, writer.password)
    return f"clickhouse://{user}:{password}@127.0.0.1:{port}/{DATABASE}"


def read_kept(path: Path, kind: type[_Kept]) -> _Kept:
    """What the engine wrote to a file. Raises FileNotFoundError, and ValueError where it is not what was written."""
    try:
        kept: _Kept = _decoders[kind].decode(path.read_bytes())
    except IsADirectoryError as error:
        raise ValueError(f"{path} is a folder: move it away, the engine makes a file of that name") from error
    except NOT_DECODABLE as error:
        raise ValueError(f"{path} is not what the engine wrote: it makes it again") from error
    return kept
