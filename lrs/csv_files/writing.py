"""CSV that people open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from schemas.typed_text import typed

_MARK = "\ufeff"  # without it Excel does not read UTF-8
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as CSV. A cell that a spreadsheet would run as a formula has an apostrophe before it: names and accounts
    are whatever a sender wrote."""
    text = io.StringIO(newline="")
    text.write(_MARK)
    to = csv.writer(text)
    to.writerow(header)
    for row in rows:
        to.writerow([_plain(str(cell)) for cell in row])
    return text.getvalue().encode()


def guard_formula(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula, with an apostrophe before it; any other as it is."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def without_guard(cell: str) -> str:
    """A cell as it was before `csv_text` guarded it, without blanks around it."""
    return cell[1:] if cell.startswith("'") and _guarded(cell[1:]) else typed(cell)


def _plain(cell: str) -> str:
    return f"'{cell}" if _guarded(cell) else cell


def _guarded(cell: str) -> bool:
    """Whether an apostrophe comes before a cell: it is a formula, or has blanks around it that a reader would strip,
    or nothing of it can be seen; or it looks as if one had come before it already."""
    inner = cell.lstrip("'")
    return inner.startswith(_FORMULA) or inner != typed(inner)
