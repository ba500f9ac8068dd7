"""CSV files as they come: in a zip, a folder, or alone.

They may come from anybody: what they hold is counted while it is read, so that no small zip becomes a large table.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from lrs.csv_files.problem import Problems, UnreadableCsv
from lrs.csv_files.table import Budget, CsvColumns, CsvTable, TableReader
from schemas.wording import worded, words_of
from schemas.zips import BROKEN, lists_more, open_entry

MOST_CSV_BYTES = 64 << 20  # of all files, unpacked
MOST_ROWS = 250_000  # of all files
MOST_FILES = 1000  # in a zip, of any kind
MOST_DIRECTORY = 1 << 20  # bytes of the list of them: zipfile reads all of it

_Read = tuple[str, Callable[[], IO[bytes]]]


class CsvFiles:
    """The CSV files of a zip, a folder, or one file, by lower-case name without .csv."""

    def __init__(self, path: Path, most_rows: int | None = None) -> None:
        """Open a zip, a folder or one CSV file. Raises UnreadableCsv, OSError."""
        self.problems = Problems()
        most_rows = MOST_ROWS if most_rows is None else most_rows
        size = Budget(MOST_CSV_BYTES, worded("%(number)s MiB of CSV", number=MOST_CSV_BYTES >> 20))
        self._reader = TableReader(self.problems, size, Budget(most_rows, worded("%(most)s rows", most=most_rows)))
        if path.is_dir():
            csv_paths = [p for p in sorted(path.iterdir()) if p.suffix.lower() == ".csv"]
            self._read: dict[str, _Read] = {_stem(p.name): (p.name, partial(_opened, p)) for p in csv_paths}
        elif zipfile.is_zipfile(path):
            self._read = self._zipped(path)
        elif path.suffix.lower() == ".zip":
            raise UnreadableCsv(worded("%(name)s is not a zip file, or was cut off", name=path.name))
        else:
            self._read = {_stem(path.name): (path.name, partial(_opened, path))}
        if not self._read:
            raise UnreadableCsv(worded("%(name)s holds no CSV file", name=path.name))

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._read

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def name(self, name: str) -> str:
        """The file's name as it is written."""
        return self._read[name.lower()][0]

    def table(self, name: str, columns: CsvColumns) -> CsvTable | None:
        """The rows of a file; None where there is none, or nothing of it can be read. Raises UnreadableCsv."""
        if name not in self:
            return None
        return self._reader.read(*self._read[name.lower()], columns)

    def first_table(self, columns: CsvColumns) -> CsvTable:
        """The rows of the first file. Raises UnreadableCsv, which says what it needs, or why it cannot be read."""
        [name, *_] = self
        table = self.table(name, columns)
        if table is not None:
            return table
        missing = [problem.field for problem in self.problems if problem.error and problem.field in columns.needed]
        if missing:
            raise UnreadableCsv(
                worded(
                    "%(file)s: the first line has to name %(columns)s, with commas, semicolons or tabs between",
                    file=self.name(name),
                    columns=", ".join(missing),
                )
            )
        [*_, problem] = self.problems
        raise UnreadableCsv(worded("%(field)s: %(reason)s", field=problem.file, reason=problem.message))

    def _zipped(self, path: Path) -> dict[str, _Read]:
        """The CSV files of a zip: at its root, or all in one folder."""
        with path.open("rb") as raw:
            if lists_more(raw, MOST_FILES, MOST_DIRECTORY):
                raise UnreadableCsv(worded("%(name)s holds more than %(most)s files", name=path.name, most=MOST_FILES))
        try:
            packed = zipfile.ZipFile(path)
        except BROKEN as error:
            raise UnreadableCsv(
                worded("%(name)s is not a zip file that can be read: %(error)s", name=path.name, error=words_of(error))
            ) from None
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
                worded(
                    "%(name)s holds CSV files in several folders: %(folders)s",
                    name=path.name,
                    folders=", ".join(sorted(map(str, folders))[:10]),
                )
            )
        for folder in folders - {PurePosixPath(".")}:
            self.problems.add(
                path.name,
                0,
                "",
                worded("the files are in the folder %(folder)s: they belong at the root", folder=str(folder)),
            )
        read: dict[str, _Read] = {}
        for entry in csvs:
            name = PurePosixPath(entry.filename).name
            if _stem(name) in read:
                self.problems.add(name, 0, "", worded("comes twice in the zip: the first is read"))
            else:
                read[_stem(name)] = (name, partial(open_entry, packed, entry))
        return read


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _stem(name: str) -> str:
    return name.lower().removesuffix(".csv")
