"""Numbered, reversible migrations: `NNNN_name.sql` with an `-- up` and a `-- down` part each.

Every statement may be run again (IF NOT EXISTS, IF EXISTS): when one is cut short, the next start runs all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from lrs.store.client import Store
from lrs.store.durable_tables import durable_sql

APPLIED = durable_sql(  # the table of what was applied
    "CREATE TABLE IF NOT EXISTS migrations (number UInt32, name String, at DateTime DEFAULT now()) "
    "ENGINE = MergeTree ORDER BY number"
)
_FILL_SECONDS = 6 * 3600  # to fill a table from one that is large
_CREATED_TABLE = re.compile(r"CREATE (?:TABLE|MATERIALIZED VIEW) IF NOT EXISTS (\w+)")


@dataclass(frozen=True, slots=True)
class Migration:
    """One migration of ClickHouse: the statements that make it and those that undo it, in order."""

    number: int
    name: str
    up: tuple[str, ...]
    down: tuple[str, ...]


def migrations() -> list[Migration]:
    """Every migration, in order."""
    folder = resources.files("lrs.store") / "migrations"
    return [
        _parse(file.name, file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda f: f.name)
        if file.name.endswith(".sql")
    ]


def tables() -> list[str]:
    """The names of all tables and views that the migrations make."""
    return [create[1] for migration in migrations() for sql in migration.up if (create := _CREATED_TABLE.match(sql))]


def source_of_view(name: str) -> str:
    """What a view reads: what follows its first FROM. Raises StopIteration where no migration makes it."""
    made = next(
        sql for migration in migrations() for sql in migration.up if re.match(rf"CREATE .*VIEW .*\b{name} TO ", sql)
    )
    return made.partition("\nFROM ")[2].rstrip(";")


def applied(store: Store) -> list[int]:
    """The numbers of the migrations that the store has."""
    store.command(APPLIED)
    return [
        int(migration_row["number"])
        for migration_row in store.rows("SELECT DISTINCT number FROM migrations ORDER BY number", {})
    ]


def up(store: Store, to: int | None = None) -> list[Migration]:
    """Apply what is missing, up to number `to`; gives what was applied."""
    present = set(applied(store))
    missing_migrations = [m for m in migrations() if m.number not in present and (to is None or m.number <= to)]
    for migration in missing_migrations:
        for sql in migration.up:
            store.command(sql, _FILL_SECONDS)
        store.insert("migrations", ["number", "name"], ["UInt32", "String"], [[migration.number], [migration.name]])
    return missing_migrations


def make_database(store: Store) -> None:
    """Make the store's database where there is none. Raises the store's errors."""
    store.beside("system").command(f"CREATE DATABASE IF NOT EXISTS {store.database} ENGINE = Atomic")


def again(store: Store, name: str) -> None:
    """Make again what a migration makes, where it is gone: for tables that nothing vouches for. Raises the store's."""
    for migration in migrations():
        if migration.name == name:
            for sql in migration.up:
                store.command(sql)


def down(store: Store, to: int = 0) -> list[Migration]:
    """Undo every migration above `to`, the newest first; gives what was undone."""
    present = set(applied(store))
    undone = [m for m in reversed(migrations()) if m.number in present and m.number > to]
    for migration in undone:
        for sql in migration.down:
            store.command(sql)
        store.command(f"DELETE FROM migrations WHERE number = {migration.number}")
    return undone


def _parse(file: str, sql_text: str) -> Migration:
    number, _, name = file.removesuffix(".sql").partition("_")
    _, up_, down_ = _up_and_down(file, sql_text)
    return Migration(int(number), name, _sql_statements(up_), _sql_statements(down_))


def _up_and_down(file: str, sql_text: str) -> tuple[str, str, str]:
    head, up_, rest = sql_text.partition("-- up\n")
    body, down_, tail = rest.partition("-- down\n")
    if not up_ or not down_:
        raise ValueError(f"{file} needs an '-- up' and a '-- down' part")
    return head, body, tail


def _sql_statements(sql_text: str) -> tuple[str, ...]:
    return tuple(durable_sql(s.strip()) for s in sql_text.split(";\n") if s.strip())
