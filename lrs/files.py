"""Files that others rely on: written whole or as before after a loss of power, for their owner's eyes alone; locked."""

from __future__ import annotations

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO

logger = logging.getLogger(__name__)

UNFINISHED = ".new"  # how names end of what is being written; left behind by a killed process alone


def replace_file(path: Path, *pieces: bytes) -> None:
    """Make these bytes the content of a file: who reads it meanwhile, or after a loss of power, finds the old or the
    new. Raises OSError."""
    beside = write_beside(path, pieces)
    with _removed_if_it_fails(beside):
        beside.replace(path)
    sync(path.parent)


def write_beside(path: Path, pieces: Iterable[bytes]) -> Path:
    """A durable file with these bytes in the same folder, under a name that nobody else uses. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=UNFINISHED)  # its mode is 0600
    beside = Path(name)
    with _removed_if_it_fails(beside), open(descriptor, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return beside


@contextmanager
def _removed_if_it_fails(beside: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:  # an interrupt, too, must leave no unfinished file; the error goes on to the caller
        beside.unlink()
        raise


def probe_room(folder: Path, size: int) -> None:
    """Write so many bytes to a file without a name, and drop it. Raises OSError where the folder takes no more."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        pages = bytes(size)
        while pages:
            pages = pages[file.write(pages) :]


def sync(path: Path) -> None:
    """Make a file's data, or a folder's names, durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_locked(path: Path, how: int) -> IO[bytes]:
    """Open a file, made where there is none, with a lock of `fcntl.flock`. Raises OSError, of which BlockingIOError.

    A lock says nothing to those who open another file of that name: what was removed meanwhile is opened again.
    """
    while True:
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+b")
        locked = False
        try:
            fcntl.flock(file, how)
            locked = is_in_place(file, path)
        finally:
            if not locked:
                file.close()
        if locked:
            return file


def is_in_place(file: IO[bytes], path: Path) -> bool:
    """Whether an open file is the one that its name stands for."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return False


class LockedFile:
    """A file that this process keeps locked until it is closed, with a content. Raises what `open_locked` raises."""

    def __init__(self, path: Path, content: bytes = b"") -> None:
        self._path = path
        self._content = content
        self._said = ""
        self._file = self._lock()

    def keep(self) -> None:
        """Make it again, locked, where it was removed, replaced or changed; if that fails, log it once and
        go on: whoever works on a folder must not end because of a name or a full disk.

        Raises BlockingIOError where another process was first.
        """
        try:
            self._keep()
        except BlockingIOError:
            raise
        except OSError as error:
            if str(error) != self._said:
                logger.warning("%s cannot be kept locked: %s: move away what is in its place", self._path, error)
            self._said = str(error)
        else:
            self._said = ""

    def _keep(self) -> None:
        if not self._path.parent.is_dir():
            return
        if not is_in_place(self._file, self._path):
            again = self._lock()
            self._file.close()
            self._file = again
        elif os.pread(self._file.fileno(), len(self._content) + 1, 0) != self._content:
            self._write(self._file)

    def close(self) -> None:
        """Release it."""
        self._file.close()

    def __enter__(self) -> LockedFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _lock(self) -> IO[bytes]:
        file = open_locked(self._path, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._write(file)
        return file

    def _write(self, file: IO[bytes]) -> None:
        os.truncate(file.fileno(), 0)
        os.pwrite(file.fileno(), self._content, 0)
