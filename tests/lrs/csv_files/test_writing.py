"""What is written for a spreadsheet is read again as it was."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrs.csv_files.files import CsvFiles
from lrs.csv_files.table import CsvColumns
from lrs.csv_files.writing import csv_text

CELLS = st.text(st.sampled_from("@=+-'\t ab,\"\nä"), max_size=6) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=10
)


@given(CELLS)
@example("@ada")
@example("'@ada")
@example("''=1")
@example(" ada ")
@example("-17")
@example("\u200b")
@example("'\x1b")
def test_every_cell_is_read_as_it_was(cell: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "written.csv"
        path.write_bytes(csv_text(("id", "account"), [("p1", cell)]))
        found = CsvFiles(path).table("written", CsvColumns(("id", "account")))
        assert found is not None
        assert [row["account"] for row in found.rows] == [cell]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@ada", "\tx", "'=1"])
def test_a_spreadsheet_runs_no_cell(cell: str) -> None:
    [_, [shown]] = csv.reader(io.StringIO(csv_text(("a",), [(cell,)]).decode("utf-8-sig"), newline=""))
    assert shown == f"'{cell}"


@pytest.mark.parametrize("cell", ["'tis", "O'Brien", "'", "d'@rt"])
def test_an_apostrophe_of_a_name_stays(cell: str) -> None:
    [_, [shown]] = csv.reader(io.StringIO(csv_text(("a",), [(cell,)]).decode("utf-8-sig"), newline=""))
    assert shown == cell
