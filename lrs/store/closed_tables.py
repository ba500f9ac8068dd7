"""What keeps the tables from being read: a rebuild that is under way, or a halt.

The processors write it to a file, or to the transactional database (lrs.store.shared_closed_tables), and whoever
answers a question reads that first: an answer from tables that do not hold what the log holds would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import msgspec

from lrs.files import replace_file
from schemas.envelope import NOT_DECODABLE


class Closure(msgspec.Struct, frozen=True):
    """Why the tables are closed to readers. `kind` is "rebuild" or "halt".

    Of a rebuild, `done` of `total` records or learners of its `step`. On Kafka, `until_passed` has by partition the
    position that the stage, which could not go on or fills its tables again, has to pass.
    """

    kind: str
    reason: str
    step: str = ""
    done: int = 0
    total: int = 0
    until_passed: dict[int, int] = {}

    def __str__(self) -> str:
        if self.kind == "halt":
            return f"halted: {self.reason}"
        share = f", {self.step}: {self.done} of {self.total}" if self.step else ""
        return f"the tables are being rebuilt from the log ({self.reason}{share})"


_closure_decoder = msgspec.json.Decoder(Closure)


class ClosedTables(Protocol):
    """Whether tables may be read, for all processes of a runtime."""

    def read(self) -> Closure | None:
        """What keeps the tables from being read; None if nothing does."""

    def write(self, closure: Closure) -> None:
        """Write the caller's closure: what keeps the tables from being read."""

    def replace(self, closure: Closure) -> None:
        """Replace every closure by this one: a person decided on it."""

    def clear(self) -> None:
        """Remove the caller's closure: it knows of no reason why the tables must not be read."""


class ClosedTablesFile:
    """What keeps the tables of a data folder from being read: in a file of the folder."""

    def __init__(self, data: Path) -> None:
        self._path = data / "closed_tables.json"

    def read(self) -> Closure | None:
        try:
            return _closure_decoder.decode(self._path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, *NOT_DECODABLE) as error:
            return Closure("halt", f"{self._path.name} cannot be read: {type(error).__name__}")

    def write(self, closure: Closure) -> None:
        replace_file(self._path, msgspec.json.encode(closure))

    def replace(self, closure: Closure) -> None:
        self.write(closure)

    def clear(self) -> None:
        with suppress(FileNotFoundError):
            self._path.unlink()


@contextmanager
def rebuilding(closed: ClosedTables, reason: str) -> Iterator[None]:
    """Keep the tables closed while they are rebuilt; what fails leaves them closed, since they are not whole."""
    closed.write(Closure("rebuild", reason))
    yield
    closed.clear()
