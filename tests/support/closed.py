"""What keeps tables from being read, in memory."""

from __future__ import annotations

from lrs.store.closed_tables import Closure


class ClosedInMemory:
    """The closure of one stage, which is all there are."""

    def __init__(self) -> None:
        self.closure: Closure | None = None

    def read(self) -> Closure | None:
        return self.closure

    own = read

    def write(self, closure: Closure) -> None:
        self.closure = closure

    replace = write

    def clear(self) -> None:
        self.closure = None
