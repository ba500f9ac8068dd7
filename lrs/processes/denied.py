"""Folders and files that the user who runs `lrs` may not read or write, or that are not what Pacer makes there: found,
and said with what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from lrs.errors import UnreadableFile

DENIED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR})
DENIED_ADVICE = "run `lrs` as the user that owns it, give it to the user that runs `lrs`, or name another folder"
_FOLDERS = ("attachments", "gates", "log")  # not engine: it is set aside, and rebuilt
SMALL_FILES = (
    *("closed_tables.json", "engine.attempts", "engine.json", "engine.lock", "engine.port", "failing_tenants.json"),
    *("restored.json", "serve.lock", "sql_logins.json", "sql_logins.lock", "stamp.json", "attachments-missing.json"),
    *("log/damaged.json", "attachments/.seen", "attachments/.stamp"),
)


def require_access(data: Path) -> None:
    """Check that what a data folder holds may be read and written. Raises OSError, with the path, where it may not, and
    UnreadableFile where a file is a folder or the other way round."""
    for path in _data_files(data):
        if not os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    for name in SMALL_FILES:
        if (data / name).is_dir():
            raise UnreadableFile(f"{data / name} is a folder, and was a file: move it away, or put the file back")
    for name in _FOLDERS:
        if (data / name).is_file():
            raise UnreadableFile(f"{data / name} is a file, and was a folder: move it away, or put the folder back")


def denied_text(error: OSError) -> str:
    """What an error of DENIED says, with the path."""
    return f"{error.filename} cannot be read or written ({error.strerror})"


def _data_files(data: Path) -> Iterator[Path]:
    """A data folder and the files and folders in it that commands open; nothing where it is still to be made."""
    try:
        data.stat()
    except FileNotFoundError:
        return
    yield data
    yield from sorted(data.glob("*.db"))
    yield from (path for name in ("serve.lock", "log", "attachments", "engine") if (path := data / name).exists())
    yield from sorted(data.glob("log/*.db"))
