"""CSV files from anybody: what they hold is bounded while it is read."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from lrs.csv_files import files, table
from lrs.csv_files.files import CsvFiles
from lrs.csv_files.problem import LONGEST, MOST_LISTED, UnreadableCsv
from lrs.csv_files.table import CsvColumns, CsvTable

COLUMNS = CsvColumns(("id",), ("name",))


def zipped(path: Path, names: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as package:
        for name, content in names.items():
            package.writestr(name, content)
    return path


def read(path: Path) -> tuple[CsvTable | None, list[str]]:
    found = CsvFiles(path)
    [name] = found
    return found.table(name, COLUMNS), [str(one) for one in found.problems]


def test_what_is_unpacked_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_CSV_BYTES", 1 << 20)
    path = zipped(tmp_path / "r.zip", {"users.csv": b"id,name\n" + b"a," + b"b" * (1 << 20) + b"\n"})
    with pytest.raises(UnreadableCsv, match=r"users\.csv: the files hold more than 1 MiB of CSV"):
        read(path)


def test_a_zip_that_says_it_is_small(tmp_path: Path) -> None:
    path = zipped(tmp_path / "r.zip", {"users.csv": b"id\n" + b"a\n" * 10_000})
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (100).to_bytes(4, "little")  # bytes, it says
    path.write_bytes(raw)
    rows, [problem] = read(path)
    assert rows is None
    assert problem.startswith("users.csv: cannot be unpacked")


def test_all_files_together_have_one_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ROWS", 5)
    found = CsvFiles(zipped(tmp_path / "r.zip", {"a.csv": b"id\n1\n2\n3\n", "b.csv": b"id\n1\n\n\n"}))
    assert found.table("a", COLUMNS) is not None
    with pytest.raises(UnreadableCsv, match=r"b\.csv: the files hold more than 5 rows"):
        found.table("b", COLUMNS)


def test_many_columns_are_no_roster(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("id," + ",".join(f"column{n}" for n in range(12_000)) + "\n1\n")
    with pytest.raises(UnreadableCsv, match=r"r\.csv has 12,001 columns: more than 200"):
        read(path)


@pytest.mark.parametrize("row", ["," * 5000, '"a\n",' * 1000, '"' + "a\n" * 2500], ids=["cells", "lines", "one cell"])
@pytest.mark.parametrize("before", ["", "id,name\n1,Ada\n" * 100], ids=["first", "later"])
def test_a_row_without_end_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, row: str
) -> None:
    monkeypatch.setattr(table, "MOST_ROW", 2000)
    path = zipped(tmp_path / "r.zip", {"users.csv": (before + row * 1000).encode()})
    spent: list[int] = []
    monkeypatch.setattr(table.Budget, "spend", lambda self, count, file: spent.append(count))
    with pytest.raises(UnreadableCsv, match=r"users\.csv: the row up to line \d+ has more than 2,000 characters"):
        read(path)
    assert sum(spent) < 1 << 18  # of five million


def test_a_long_name_of_a_column_is_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f"id,{'name' * 100_000}\n1,Ada\n")
    rows, [problem] = read(path)
    assert rows is not None
    assert problem.endswith("is not a known column: passed over")
    assert len(problem) < 2 * LONGEST


def test_the_problems_are_counted_when_they_are_many(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("id\n" + "1,x\n" * (MOST_LISTED + 1234))
    rows, problems = read(path)
    assert rows is not None
    assert len(rows.rows) == MOST_LISTED + 1234
    assert len(problems) == MOST_LISTED + 1
    assert problems[-1] == "r.csv: not listed: 1,234 more"


def test_that_rows_are_left_out_is_not_lost_in_the_count(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("id\n" + "1,x\n" * MOST_LISTED + "2,x\n" + "3" * (table.MOST_CELL_CHARACTERS + 1) + "\n4,x\n")
    found = CsvFiles(path)
    rows = found.table("r", COLUMNS)
    assert rows is not None
    assert found.problems[-1].error
    assert found.problems[-1].message == "not listed: 3 more, some of rows that are left out"


def test_a_cell_that_is_too_long_leaves_its_row_out(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f"id\n{'1' * (table.MOST_CELL_CHARACTERS + 1)}\n2\n")
    rows, problems = read(path)
    assert rows is not None
    assert [row["id"] for row in rows.rows] == ["2"]
    assert problems == ["r.csv:2: has a cell of more than 8,192 characters: the row is left out"]


def test_what_is_not_deflated_could_be_of_any_size(tmp_path: Path) -> None:
    rows, problems = read(zipped(tmp_path / "r.zip", {"users.csv": b"id\n1\n"}, zipfile.ZIP_BZIP2))
    assert rows is None
    assert problems == ["users.csv: cannot be unpacked: it is compressed in another way than by deflate"]


def test_a_long_list_of_files_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 3)
    with pytest.raises(UnreadableCsv, match=r"r\.zip holds more than 3 files"):
        CsvFiles(zipped(tmp_path / "r.zip", {f"{n}.csv": b"" for n in range(4)}))


def test_a_damaged_list_of_files(tmp_path: Path) -> None:
    path = zipped(tmp_path / "r.zip", {"users.csv": b"id\n1\n"})
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02", b"PK\x01\x00"))
    with pytest.raises(UnreadableCsv, match=r"r\.zip is not a zip file that can be read"):
        CsvFiles(path)


def test_bytes_that_are_not_utf8_have_a_line(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_bytes(b"\xef\xbb\xbfid\r\n1\r\n\xe4\r\n")
    rows, problems = read(path)
    assert rows is None
    assert problems == ["r.csv:3: is not UTF-8 (Excel writes it as “CSV UTF-8”)"]


@pytest.mark.parametrize("broken", ["a\nb", "a\x00b", "a\u2028b"])
def test_a_row_whose_id_is_not_one_line_is_left_out(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(f'id,name\nc,Cleo\n"{broken}",Ada\n', newline="")
    rows, [problem] = read(path)
    assert rows is not None
    assert [row["id"] for row in rows.rows] == ["c"]
    assert problem == "r.csv:3: id: has a line break or another control character: left out"
