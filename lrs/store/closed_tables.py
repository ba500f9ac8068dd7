"""What keeps the tables of a data folder from being read: a rebuild that is under way, or a halt.

The processors write it to a file, and whoever answers a question reads that first: an answer from tables that do
not hold what the log holds would be wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec


class Closure(msgspec.Struct, frozen=True):
    """`kind` is "rebuild" or "halt"; of a rebuild, `done` of `total` records or learners of its `step`."""

    kind: str
    reason: str
    step: str = ""
    done: int = 0
    total: int = 0

    def __str__(self) -> str:
        if self.kind == "halt":
            return f"halted: {self.reason}"
        share = f", {self.step}: {self.done} of {self.total}" if self.step else ""
        return f"the tables are being rebuilt from the log ({self.reason}{share})"


class ClosedTables:
    """The condition of a data folder's tables."""

    def __init__(self, data: Path) -> None:
        self._path = data / "condition.json"

    def read(self) -> Closure | None:
        """What keeps the tables from being read; None if nothing does."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Closure)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as error:
            return Closure("halt", f"{self._path.name} cannot be read: {type(error).__name__}")

    def write(self, state: Closure) -> None:
        """Say what keeps them from being read."""
        beside = self._path.with_suffix(".new")
        with open(os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(msgspec.json.encode(state))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)

    def clear(self) -> None:
        """They may be read."""
        with suppress(FileNotFoundError):
            self._path.unlink()


@contextmanager
def rebuilding(condition: ClosedTables, reason: str) -> Iterator[None]:
    """For the time of a rebuild; what fails leaves the tables closed, since they are not whole."""
    condition.write(Closure("rebuild", reason))
    yield
    condition.clear()
