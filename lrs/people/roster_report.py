"""What importing a roster does, as CSV: for whoever keeps the roster, and has to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lrs.csv_files.problem import FileProblem
from lrs.csv_files.writing import csv_text
from lrs.people.account_names import NamedAccount
from lrs.people.roster_preview import PlannedRow
from schemas.xapi.actor_keys import home_page, is_browser

_HEADER = ("what", "file", "line", "field", "kind", "id", "name", "detail")
_NOBODY_COLUMNS = ("sourcedId", "account", "home_page", "name", "browser")


def roster_report(problems: Iterable[FileProblem], rows: Iterable[PlannedRow]) -> bytes:
    """Every defect with its file, line and field, then every row that is added, changed or removed."""
    return csv_text(_HEADER, [*map(_defect_row, problems), *map(_planned_row, rows)])


def names_report(problems: Iterable[FileProblem], accounts: Iterable[NamedAccount]) -> bytes:
    """What naming accounts does, in the same form."""
    rows = (
        ("changed", "", "", "", "account", account.id, account.name, f"{account.home_page}|{account.account}")
        for account in accounts
    )
    return csv_text(_HEADER, [*map(_defect_row, problems), *rows])


def nobodies(keys: Iterable[str], names: dict[str, str]) -> bytes:
    """Whom statements name and no roster knows. With its first column filled in, the file says who they are: it is the
    mapping that `lrs roster accounts --names` and the page of rosters read."""
    return csv_text(_NOBODY_COLUMNS, _nobody_rows(sorted(keys, key=lambda key: (home_page(key), key)), names))


def _defect_row(problem: FileProblem) -> tuple[object, ...]:
    fate = "left out" if problem.error else "note"
    return (fate, problem.file, problem.line or "", problem.field, "", "", "", problem.message)


def _planned_row(row: PlannedRow) -> tuple[object, ...]:
    return (row.fate, "", "", "", row.kind, row.id, row.name, row.detail)


def _nobody_rows(keys: Iterable[str], names: dict[str, str]) -> Iterator[tuple[object, ...]]:
    for key in keys:
        account = key.partition("|")[2] if key.startswith("account:") else key.partition(":")[2]
        yield ("", account, home_page(key), names.get(key, ""), "perhaps" if is_browser(key) else "")
