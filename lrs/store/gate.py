"""A gate between one table's writer and a replay that swaps the table.

The writer passes it with every batch; a replay shuts it for the moment of the swap. Each swap starts a new
generation, which tells the writer that what it has cached is of the old table.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol


class TableGate(Protocol):
    """What a writer passes, and others shut. It works across processes, and a dead one leaves it open."""

    def passing(self) -> AbstractContextManager[int]:
        """Pass with a batch; gives the table's generation. Waits while the gate is shut."""

    def shut(self) -> AbstractContextManager[None]:
        """Shut the gate once the batch under way has passed, and start a new generation at the end, however it ends."""


class FileGate:
    """A gate kept in a file of the data folder."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._path = path

    @contextmanager
    def passing(self) -> Iterator[int]:
        """As in TableGate."""
        with self._path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH)
            yield int(file.read() or b"0")

    @contextmanager
    def shut(self) -> Iterator[None]:
        """As in TableGate."""
        with self._path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            generation = int(file.read() or b"0")
            try:
                yield
            finally:
                file.seek(0)
                file.write(str(generation + 1).encode())
