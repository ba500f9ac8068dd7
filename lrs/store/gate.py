"""A gate between one table's writer and a replay that swaps the table.

The writer passes it with every batch; a replay shuts it for the moment of the swap. Each swap starts a new
generation, which tells the writer that what it has cached is of the old table.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from lrs.errors import Transient, UnreadableFile
from lrs.files import is_in_place, open_locked

GATES = "gates"  # the folder of gates, and of what holds as long as one of their generations


class TableGate(Protocol):
    """What a writer passes, and others shut. It works across processes, and a dead one leaves it open."""

    def passing(self) -> AbstractContextManager[int]:
        """Pass with a batch; gives the table's generation. Waits while the gate is shut."""

    def shut(self) -> AbstractContextManager[None]:
        """Shut the gate once the batch under way has passed, and start a new generation at the end, however it ends."""


class FileGate:
    """A gate kept in a file of the data folder. It is made again where it was removed or holds no generation."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with suppress(BlockingIOError):  # somebody has shut it, so there is one
            self._open(fcntl.LOCK_SH | fcntl.LOCK_NB).close()

    @contextmanager
    def passing(self) -> Iterator[int]:
        """As in TableGate. Raises UnreadableFile, and Transient if the gate was removed meanwhile: pass again."""
        with self._open(fcntl.LOCK_SH) as file:
            yield _generation(file) or 0
            self._check(file)

    def generation(self) -> int | None:
        """The table's generation now; None while somebody has the gate shut. Raises UnreadableFile."""
        try:
            with self._open(fcntl.LOCK_SH | fcntl.LOCK_NB) as file:
                return _generation(file)
        except BlockingIOError:
            return None

    @contextmanager
    def shut(self) -> Iterator[None]:
        """As in TableGate. Raises UnreadableFile, and Transient if the gate was removed meanwhile: do it again."""
        with self._open(fcntl.LOCK_EX) as file:
            _begin_generation(file)  # as this process may be killed before it begins the one at the end
            try:
                yield
            finally:
                _begin_generation(file)
                if not is_in_place(file, self._path):  # others may have passed another meanwhile
                    with self._open(fcntl.LOCK_EX) as other:
                        _begin_generation(other)
            self._check(file)

    def _open(self, how: int) -> IO[bytes]:
        """The file, locked; it holds a generation."""
        try:
            self._path.parent.mkdir(exist_ok=True)
            while True:
                file = open_locked(self._path, how)
                if _generation(file) is not None:
                    return file
                file.close()
                with open_locked(self._path, fcntl.LOCK_EX) as begun:
                    if _generation(begun) is None:
                        _begin_generation(begun)
        except (FileExistsError, IsADirectoryError, NotADirectoryError) as error:
            raise UnreadableFile(f"{error.filename} is not what Pacer makes there: move it away") from error

    def _check(self, file: IO[bytes]) -> None:
        if not is_in_place(file, self._path):
            raise Transient(
                f"{self._path} was removed while it was in use; what was done meanwhile is to be done again"
            )


def _generation(file: IO[bytes]) -> int | None:
    """The generation in a gate's file; None where there is none."""
    file.seek(0)
    try:
        return int(file.read())
    except ValueError:
        return None


def _begin_generation(file: IO[bytes]) -> None:
    """Write a generation that no gate of this name had, also none that was removed: its writer may have cached rows."""
    generation = max((_generation(file) or 0) + 1, time.time_ns())
    file.seek(0)
    file.truncate()
    file.write(str(generation).encode())
    file.flush()
