"""What is wrong with a CSV file: found while it is read, and listed for whoever sent it."""

from __future__ import annotations

from typing import NamedTuple


class FileProblem(NamedTuple):
    """What is wrong with a file: where, and what was done about it. `line` 0: with the file as a whole."""

    file: str
    line: int
    field: str
    message: str
    error: bool = False  # the row was left out; else it was read, as the message says

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"


class UnreadableCsv(ValueError):
    """Nothing of what was given can be read."""
