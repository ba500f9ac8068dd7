"""Write docs/reference/tables.md from migrations, folds and descriptions: `python -m tests.docs.tables`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from lrs.store import projections
from lrs.store.migrate import migrations
from processors.folds.registry import all_folds

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/tables.md"
DESCRIPTIONS = ROOT / "lrs/store/migrations/columns.toml"
BOOKKEEPING = ("mark", "resolved", "version", "deleted", "state")
_TABLE = re.compile(r"CREATE TABLE IF NOT EXISTS (\w+) \(\n(.*?)\n\) ENGINE = (.*?)\nORDER BY \((.*?)\)", re.S)
_COLUMN = re.compile(r"^  `?(\w+)`? ([A-Z]\w*(?:\((?:[^()]|\([^()]*\))*\))?)")
_HEAD = """\
# Tables and columns

ClickHouse's tables, for SQL and BI: [how to connect](../how-to/query-with-sql.md). This page is made of
`lrs/store/migrations` and the folds by `python -m tests.docs.tables`; a test keeps it current.

Read with `FINAL`: rows are replaced by newer ones of the same key, and `FINAL` leaves the old and the retracted ones
out. Times are µs since the epoch, UTC (`fromUnixTimestamp64Micro(time)`), unless a line says otherwise. Columns called
bookkeeping are internal and may change at any time.
"""


def described() -> dict[str, dict[str, str]]:
    """By table, its columns' descriptions; `about` is the table's own."""
    return tomllib.loads(DESCRIPTIONS.read_text())


def tables() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """By table, its sorting key and its columns with their types."""
    made = [sql for migration in migrations() for sql in migration.up]
    own = [fold for fold in all_folds() if type(fold).__module__.startswith("processors.")]  # installed ones may vary
    made += [projections.fold_table_sql(fold) for fold in own]
    found = {}
    for sql in made:
        if match := _TABLE.search(sql):
            name, body, _, order = match.groups()
            columns = [column.groups() for line in body.splitlines() if (column := _COLUMN.match(line))]
            found[name] = (order, [(column, type_) for column, type_ in columns if column != "INDEX"])
    return found


def page() -> str:
    """The whole page. Raises KeyError for a table or column without a description."""
    said = described()
    parts = [_HEAD]
    for name, (order, columns) in tables().items():
        parts.append(f"\n## {name}\n\n{said[name]['about']}\n\nKey: `{order}`.\n\n| Column | Type | |\n|---|---|---|\n")
        parts += [f"| `{column}` | {type_} | {_cell(said, name, column)} |\n" for column, type_ in columns]
    return "".join(parts)


def _cell(said: Mapping[str, Mapping[str, str]], table: str, column: str) -> str:
    text = said[table].get(column) or said["common"][column]
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page())
