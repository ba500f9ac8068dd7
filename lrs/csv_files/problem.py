"""What is wrong with a CSV file: found while it is read, and listed for whoever sent it."""

from __future__ import annotations

from typing import NamedTuple

from schemas.wording import worded

MOST_LISTED = 1000  # problems of one file
LONGEST = 300  # characters of a message or a field


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


class Problems(list[FileProblem]):
    """The problems of CSV files: of each file the first MOST_LISTED, and one that counts the others."""

    def __init__(self) -> None:
        super().__init__()
        self._listed: dict[str, int] = {}
        self._more: dict[str, int] = {}  # where the list has the count of a file's others

    def add(self, file: str, line: int, field: str, message: str, error: bool = False) -> None:
        """Take in one problem."""
        listed = self._listed[file] = self._listed.get(file, 0) + 1
        if listed <= MOST_LISTED:
            self.append(FileProblem(file, line, _short_message(field), _short_message(message), error))
            return
        error = error or (file in self._more and self[self._more[file]].error)
        more = listed - MOST_LISTED
        message = (
            worded("not listed: %(number)s more, some of rows that are left out", number=more)
            if error
            else worded("not listed: %(number)s more", number=more)
        )
        summary = FileProblem(file, 0, "", message, error)
        if file in self._more:
            self[self._more[file]] = summary
        else:
            self._more[file] = len(self)
            self.append(summary)


class UnreadableCsv(ValueError):
    """Nothing of what was given can be read."""


def _short_message(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
