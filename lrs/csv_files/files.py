"""Tables of CSV files as they come: in a zip or a folder, with marks, odd headers and cells that are missing.

Parsing is tolerant and tells: what can be read is read, and every oddity is a Problem with file, line and field.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from lrs.csv_files.problem import FileProblem, UnreadableCsv

MOST_BYTES = 256 << 20  # of all files, unpacked
_ALIKE = 0.85  # how much a misspelt column has to look like a known one
_UNREAD = frozenset({"password", "sms", "phone"})  # not needed, so not kept
_LONGEST_CELL = 1 << 20
csv.field_size_limit(_LONGEST_CELL)


class CsvColumns(NamedTuple):
    """The columns of a file by their standard names. Without the needed ones nothing of it can be read."""

    needed: tuple[str, ...]
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row: the line it begins in, and its cells, stripped, by standard column names."""

    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def list(self, column: str) -> list[str]:
        """A cell that holds a list: commas between elements, blanks around them."""
        return [part.strip() for part in self[column].split(",") if part.strip()]


@dataclass(slots=True)
class CsvTable:
    """A file's rows, and which of the known columns it has."""

    file: str
    columns: frozenset[str]
    rows: list[CsvRow] = field(default_factory=list)


_Read = tuple[str, Callable[[], bytes]]


class CsvFiles:
    """The CSV files of a zip, a folder, or one file, by lower-case name without .csv."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadableCsv, OSError."""
        self.problems: list[FileProblem] = []
        if path.is_dir():
            found = [p for p in sorted(path.iterdir()) if p.suffix.lower() == ".csv"]
            self._read: dict[str, _Read] = {_stem(p.name): (p.name, p.read_bytes) for p in found}
            size = sum(p.stat().st_size for p in found)
        elif zipfile.is_zipfile(path):
            self._read, size = self._unzipped(path)
        elif path.suffix.lower() == ".zip":
            raise UnreadableCsv(f"{path.name} is not a zip file, or was cut off")
        else:
            self._read = {_stem(path.name): (path.name, path.read_bytes)}
            size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnreadableCsv(f"{path.name} holds more than {MOST_BYTES} bytes of CSV")
        if not self._read:
            raise UnreadableCsv(f"{path.name} holds no CSV file")

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._read

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def name(self, name: str) -> str:
        """The file's name as it is written."""
        return self._read[name.lower()][0]

    def table(self, name: str, columns: CsvColumns) -> CsvTable | None:
        """The rows of a file; None where there is none, or nothing of it can be read."""
        if name not in self:
            return None
        file, read = self._read[name.lower()]
        try:
            raw = read()
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
            self._tell(file, 0, "", f"cannot be unpacked: {error}", error=True)
            return None
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            self._tell(file, line, "", "is not UTF-8 (Excel writes it as “CSV UTF-8”)", error=True)
            return None
        return self._parsed(file, text, columns)

    def _parsed(self, file: str, text: str, columns: CsvColumns) -> CsvTable | None:
        lines = csv.reader(io.StringIO(text, newline=""))
        try:
            header = next(lines, [])
            names = self._header(file, header, columns)
            if names is None:
                return None
            table = CsvTable(file, frozenset(name for name in names if name))
            begins = lines.line_num + 1
            for cells in lines:
                line, begins = begins, lines.line_num + 1
                if any(cell.strip() for cell in cells):
                    if any(cell.strip() for cell in cells[len(header) :]):
                        self._tell(file, line, "", "has more cells than the header: those behind it are passed over")
                    pairs = zip(names, cells, strict=False)
                    row = {name: cell.strip() for name, cell in pairs if name and name not in _UNREAD}
                    table.rows.append(CsvRow(line, row))
        except csv.Error as error:
            self._tell(file, lines.line_num, "", f"is not CSV: {error}", error=True)
            return None
        return table

    def _header(self, file: str, header: Sequence[str], columns: CsvColumns) -> list[str] | None:
        """The standard name of each column, "" for those passed over; None where a needed one is missing."""
        standard = {name.lower(): name for name in (*columns.needed, *columns.known)}
        written = [name.strip() for name in header]
        found = [standard.get(name.lower(), "") for name in written]
        for index, name in enumerate(written):
            if found[index]:
                if found[index] != name:
                    self._tell(file, 1, name, f"read as {found[index]}")
                if found[index] in found[:index]:
                    self._tell(file, 1, name, "comes twice: the first is read")
                    found[index] = ""
            elif name and not name.lower().startswith("metadata."):
                free = {low: full for low, full in standard.items() if full not in found}
                alike = get_close_matches(name.lower(), free, 1, _ALIKE)
                if alike:
                    found[index] = free[alike[0]]
                self._tell(file, 1, name, f"read as {found[index]}" if alike else "is not a known column: passed over")
        missing = [name for name in columns.needed if name not in found]
        for name in missing:
            self._tell(file, 1, name, "the column is missing, without which the file cannot be read", error=True)
        return None if missing else found

    def _unzipped(self, path: Path) -> tuple[dict[str, _Read], int]:
        """The CSV files of a zip: at its root, or all in one folder."""
        packed = zipfile.ZipFile(path)
        entries = [
            entry
            for entry in packed.infolist()
            if not entry.is_dir()
            and not any(p.startswith((".", "__MACOSX")) for p in PurePosixPath(entry.filename).parts)
        ]
        csvs = [entry for entry in entries if entry.filename.lower().endswith(".csv")]
        folders = {PurePosixPath(entry.filename).parent for entry in csvs}
        if len(folders) > 1:
            raise UnreadableCsv(
                f"{path.name} holds CSV files in several folders: {', '.join(sorted(map(str, folders)))}"
            )
        for folder in folders - {PurePosixPath(".")}:
            self._tell(path.name, 0, "", f"the files are in the folder {folder}: they belong at the root")
        read: dict[str, _Read] = {}
        for entry in csvs:
            name = PurePosixPath(entry.filename).name
            if _stem(name) in read:
                self._tell(name, 0, "", "comes twice in the zip: the first is read")
            else:
                read[_stem(name)] = (name, partial(packed.read, entry))
        return read, sum(entry.file_size for entry in csvs)

    def _tell(self, file: str, line: int, field_: str, message: str, error: bool = False) -> None:
        self.problems.append(FileProblem(file, line, field_, message, error))


def _stem(name: str) -> str:
    return name.lower().removesuffix(".csv")
