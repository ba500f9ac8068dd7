"""Whose turn it is to rebuild a table beside the live one: one process at a time, as the table beside has one name.

A second process is refused, with who rebuilds the table and since when. A process that ends or is killed releases it.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from lrs.errors import Conflict, Transient, UnreadableFile
from lrs.files import is_in_place, open_locked
from schemas.envelope import NOT_DECODABLE
from schemas.wording import worded

StillMine = Callable[[], None]  # raises where the turn was lost meanwhile


class ReplayUnderWay(Conflict):
    """Another process rebuilds the same table beside the live one."""

    def __init__(self, table: str, who: str, since: str) -> None:
        super().__init__(
            worded(
                "%(table)s has been rebuilt by %(who)s since %(since)s: wait until that process ends, or end it",
                table=table,
                who=who,
                since=since,
            )
        )


class _Holder(msgspec.Struct, frozen=True):
    who: str
    since: str


_holder_decoder = msgspec.json.Decoder(_Holder)


@contextmanager
def file_turn(folder: Path, table: str) -> Iterator[StillMine]:
    """The turn for a table, on one machine. Raises ReplayUnderWay."""
    path = folder / f"replay-{table}"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = open_locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read_holder(path.read_bytes())
        raise ReplayUnderWay(table, holder.who, holder.since) from None
    except IsADirectoryError:
        raise UnreadableFile(f"{path} is a folder: move it away") from None

    def still_mine() -> None:
        if not is_in_place(file, path):
            raise Transient(f"{path} was removed, so another process may rebuild {table}, too: run it again")

    with file:
        file.truncate()
        file.write(msgspec.json.encode(_Holder(own_name(), moment(datetime.now(UTC)))))
        file.flush()
        try:
            yield still_mine
        finally:
            file.seek(0)
            file.truncate()


def _read_holder(raw: bytes) -> _Holder:
    try:
        return _holder_decoder.decode(raw)
    except NOT_DECODABLE:  # it has the lock, and has not written yet
        return _Holder("another process", "an unknown time")


def own_name() -> str:
    """Who runs this process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        user = str(os.getuid())
    return f"{user} on {socket.gethostname()}, process {os.getpid()}"


def moment(time: datetime) -> str:
    """A time, as it is said to people."""
    return time.astimezone(UTC).isoformat(timespec="seconds")
