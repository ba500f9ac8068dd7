"""One CSV file as a table, read as it comes: with marks, odd headers and cells that are missing.

Parsing is tolerant and says so: what can be read is read, and every oddity is a problem with file, line and field.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import chain
from typing import IO, TYPE_CHECKING, NamedTuple

from lrs.csv_files.problem import Problems, UnreadableCsv
from lrs.csv_files.writing import without_guard
from schemas.typed_text import as_line, as_name, line_fault, name_fault
from schemas.wording import worded, words_of
from schemas.zips import BROKEN

MOST_COLUMNS = 200  # of a file
MOST_CELL_CHARACTERS = 8192
MOST_ROW = 1 << 20  # characters of a row: a cell each, they become a list of some tens of megabytes
_LONGEST_NAME = 64  # characters of a column's name that is compared with the known ones
_CALLED = ("name", "title")  # how the names of columns end that say what somebody or something is called
# Columns of ids, beside those whose names end in "id": made one line, they would name another.
_IDS = frozenset({"class", "school", "skill", "requires"})
_AS_STATED = frozenset({"actor", "account"})  # as statements write them
_ALIKE = 0.85  # how much a misspelt column has to look like a known one
_UNREAD = frozenset({"password", "sms", "phone"})  # not needed, so not kept
_BUFFER = 1 << 16
_DELIMITERS = ",;\t"
_NOT_UTF8 = re.compile("[\ud800-\udfff]")  # what `surrogateescape` makes of other bytes
csv.field_size_limit(1 << 20)

if TYPE_CHECKING:
    from typing_extensions import Buffer


class CsvColumns(NamedTuple):
    """The columns of a file by their standard names. Without the needed ones nothing of it can be read."""

    needed: tuple[str, ...]
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row: the line it begins in, and its cells, stripped; where each column is, all rows of a file share."""

    line: int
    columns: dict[str, int]
    values: tuple[str, ...]

    def __getitem__(self, column: str) -> str:
        at = self.columns.get(column)
        return "" if at is None or at >= len(self.values) else self.values[at]

    def list(self, column: str) -> list[str]:
        """A cell that holds a list: commas between elements, blanks around them."""
        return [part.strip() for part in self[column].split(",") if part.strip()]

    def filled(self) -> Iterator[tuple[str, str]]:
        """The columns whose cells say something, and what."""
        return ((column, value) for column in self.columns if (value := self[column]))


@dataclass(slots=True)
class CsvTable:
    """A file's rows, and which of the known columns it has."""

    file: str
    columns: frozenset[str]
    rows: list[CsvRow] = field(default_factory=list)


class Budget:
    """What may still be read of all files together. `what` is said of more."""

    def __init__(self, most: int, budget_named: str) -> None:
        self._left = most
        self._what = budget_named

    def spend(self, count: int, file: str) -> None:
        """Count what was read of the files. Raises UnreadableCsv where it is more than may be read."""
        self._left -= count
        if self._left < 0:
            raise UnreadableCsv(worded("%(file)s: the files hold more than %(what)s", file=file, what=self._what))


class TableReader:
    """Reads tables, and notes what is wrong with them. `size` and `rows`: what may be read of all of them together."""

    def __init__(self, problems: Problems, size: Budget, rows: Budget) -> None:
        self._problems = problems
        self._size = size
        self._rows = rows

    def read(self, file: str, opened: Callable[[], IO[bytes]], columns: CsvColumns) -> CsvTable | None:
        """The rows of a file; None where nothing of it can be read. Raises UnreadableCsv."""
        try:
            with opened() as raw:
                return self._table(file, _CsvLines(_Metered(raw, file, self._size), file), columns)
        except UnreadableCsv:
            raise
        except _NotUtf8 as error:
            self._problems.add(
                file, error.line, "", worded("is not UTF-8 (Excel writes it as “CSV UTF-8”)"), error=True
            )
        except BROKEN as error:
            self._problems.add(file, 0, "", worded("cannot be unpacked: %(error)s", error=words_of(error)), error=True)
        return None

    def _table(self, file: str, text: _CsvLines, columns: CsvColumns) -> CsvTable | None:
        try:
            first = next(text, "")
            lines = csv.reader(chain([first], text), delimiter=_delimiter(first, columns))
            header: list[str] = next(lines, [])
            if len(header) > MOST_COLUMNS:
                raise UnreadableCsv(
                    worded(
                        "%(file)s has %(number)s columns: more than %(most)s",
                        file=file,
                        number=len(header),
                        most=MOST_COLUMNS,
                    )
                )
            names = self._header(file, header, columns)
            if names is None:
                return None
            table = CsvTable(file, frozenset(name for name in names if name))
            at = [n for n, name in enumerate(names) if name and name not in _UNREAD]
            where = {names[n]: place for place, n in enumerate(at)}
            begins = lines.line_num + 1
            text.row_ends()
            for cells in lines:
                text.row_ends()
                line, begins = begins, lines.line_num + 1
                self._rows.spend(1, file)
                if any(cell.strip() for cell in cells):
                    values = tuple(without_guard(cells[n]) for n in at if n < len(cells))
                    if self._has_broken_id(file, line, names, at, values):
                        continue
                    values = self._with_lines(file, line, names, at, values)
                    if max(map(len, values), default=0) > MOST_CELL_CHARACTERS:
                        message = worded(
                            "has a cell of more than %(most)s characters: the row is left out",
                            most=MOST_CELL_CHARACTERS,
                        )
                        self._problems.add(file, line, "", message, error=True)
                        continue
                    if any(cell.strip() for cell in cells[len(header) :]):
                        message = worded("has more cells than the header: those behind it are passed over")
                        self._problems.add(file, line, "", message)
                    table.rows.append(CsvRow(line, where, values))
        except csv.Error as error:
            self._problems.add(
                file, text.number, "", worded("is not CSV: %(error)s", error=words_of(error)), error=True
            )
            return None
        return table

    def _has_broken_id(
        self, file: str, line: int, names: Sequence[str], at: Sequence[int], values: tuple[str, ...]
    ) -> bool:
        """Whether an id of a row is not one line, which is noted: the row is left out."""
        for place, value in zip(at, values, strict=False):
            name = names[place]
            if (name in _IDS or name.lower().endswith("id")) and (fault := line_fault(value)):
                self._problems.add(file, line, name, worded("%(what)s: left out", what=fault), error=True)
                return True
        return False

    def _with_lines(
        self, file: str, line: int, names: Sequence[str], at: Sequence[int], values: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The cells of a row as one line each; those that say what something is called, short enough for a name."""
        cells = list(values)
        for number, (place, value) in enumerate(zip(at, values, strict=False)):
            is_name = names[place].lower().endswith(_CALLED)
            fault = name_fault(value) if is_name else line_fault(value)
            if fault and names[place] not in _AS_STATED and len(value) <= MOST_CELL_CHARACTERS:
                cells[number] = as_name(value) if is_name else as_line(value)
                self._problems.add(file, line, names[place], worded("%(fault)s: read as one line", fault=fault))
        return tuple(cells)

    def _header(self, file: str, header: Sequence[str], columns: CsvColumns) -> list[str] | None:
        """The standard name of each column, "" for those passed over; None where a needed one is missing."""
        standard = {name.lower(): name for name in (*columns.needed, *columns.known)}
        written = [name.strip() for name in header]
        standard_names = [standard.get(name.lower(), "") for name in written]
        for index, name in enumerate(written):
            if standard_names[index]:
                if standard_names[index] != name:
                    self._problems.add(file, 1, name, worded("read as %(name)s", name=standard_names[index]))
                if standard_names[index] in standard_names[:index]:
                    self._problems.add(file, 1, name, worded("comes twice: the first is read"))
                    standard_names[index] = ""
            elif name and not name.lower().startswith("metadata."):
                free = {low: full for low, full in standard.items() if full not in standard_names}
                alike = get_close_matches(name.lower(), free, 1, _ALIKE) if len(name) <= _LONGEST_NAME else []
                if alike:
                    standard_names[index] = free[alike[0]]
                message = (
                    worded("read as %(name)s", name=standard_names[index])
                    if alike
                    else worded("is not a known column: passed over")
                )
                self._problems.add(file, 1, name, message)
        missing = [name for name in columns.needed if name not in standard_names]
        for name in missing:
            message = worded("the column is missing, without which the file cannot be read")
            self._problems.add(file, 1, name, message, error=True)
        return None if missing else standard_names


def _delimiter(first: str, columns: CsvColumns) -> str:
    """What is between cells, by which the first line names the most columns: spreadsheets write semicolons where a
    comma is in numbers."""
    names = {name.lower() for name in (*columns.needed, *columns.known)}

    def known(delimiter: str) -> int:
        return len(names & {cell.strip('" \r\n').lower() for cell in first.split(delimiter)})

    return max(_DELIMITERS, key=known)


class _NotUtf8(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Metered(io.RawIOBase):
    """A file of which no more is read than the budget has."""

    def __init__(self, raw: IO[bytes], file: str, budget: Budget) -> None:
        self._raw = raw
        self._file = file
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        chunk = self._raw.read(len(view))
        self._budget.spend(len(chunk), self._file)
        view[: len(chunk)] = chunk
        return len(chunk)


class _CsvLines:
    """The lines, with their ends, without a mark in front; `row_ends` is said after each row, which may be several.

    So a row is known to be too long before all of it is read. Raises _NotUtf8, UnreadableCsv.
    """

    def __init__(self, metered: _Metered, file: str) -> None:
        self._text = io.TextIOWrapper(io.BufferedReader(metered, _BUFFER), "utf-8-sig", "surrogateescape", newline="")
        self._file = file
        self.number = 0
        self._left = MOST_ROW

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        if not line:
            raise StopIteration
        self.number += 1
        self._left -= len(line)
        if self._left < 0:
            raise UnreadableCsv(
                worded(
                    "%(file)s: the row up to line %(number)s has more than %(most)s characters",
                    file=self._file,
                    number=str(self.number),
                    most=MOST_ROW,
                )
            )
        if _NOT_UTF8.search(line):
            raise _NotUtf8(self.number)
        return line

    def row_ends(self) -> None:
        """What follows is another row."""
        self._left = MOST_ROW
