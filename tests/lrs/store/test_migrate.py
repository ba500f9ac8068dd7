"""Migrations: run, reversed and compared."""

from __future__ import annotations

from pathlib import Path

from lrs.store import migrate
from lrs.store.client import Store
from processors.folds.registry import fold_names
from tests.support.engine import migrated


def tables(store: Store) -> list[tuple[str, str]]:
    """Every table with the statement that makes it."""
    table_rows = store.tuples(
        "SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name", {}
    )
    return [(name, query) for name, query in table_rows]


def test_up_down_up_gives_the_same_tables(tmp_path: Path) -> None:
    with migrated(tmp_path) as store:
        first = tables(store)
        assert [name for name, _ in first] == sorted(["migrations", *migrate.tables(), *fold_names()])
        numbers = [m.number for m in migrate.migrations()]
        assert numbers == list(range(1, len(numbers) + 1))
        assert migrate.applied(store) == numbers
        assert migrate.up(store) == []
        for to in reversed([0, *numbers[:-1]]):
            assert [m.number for m in migrate.down(store, to)] == [n for n in reversed(numbers) if n > to]
            assert tables(store) != first
            assert [m.number for m in migrate.up(store)] == [n for n in numbers if n > to]
            assert tables(store) == first
        migrate.down(store)
        assert [name for name, _ in tables(store)] == sorted(["migrations", *fold_names()])


def test_one_that_was_cut_short_runs_again(tmp_path: Path) -> None:
    with migrated(tmp_path) as store:
        migrate.down(store)
        for migration in migrate.migrations():
            before = tables(store)
            migrate.up(store, to=migration.number)
            after = tables(store)
            for run in range(len(migration.up)):
                migrate.down(store, migration.number - 1)
                for sql in migration.up[: run + 1]:
                    store.command(sql)
                migrate.up(store, to=migration.number)
                assert tables(store) == after
            for run in range(len(migration.down)):
                for sql in migration.down[: run + 1]:
                    store.command(sql)
                migrate.down(store, migration.number - 1)
                assert tables(store) == before
                migrate.up(store, to=migration.number)


def parts(store: Store) -> list[tuple[str, str]]:
    """The parts of every table with data; the list of migrations is merged by itself."""
    part_rows = store.tuples(
        "SELECT table, name FROM system.parts WHERE active AND table != 'migrations' ORDER BY table, name", {}
    )
    return [(table, name) for table, name in part_rows]


def test_a_start_rewrites_nothing(tmp_path: Path) -> None:
    with migrated(tmp_path) as store:
        store.insert("learners", ["tenant", "learner"], ["String", "String"], [["t"], ["l"]])
        before = parts(store)
    with migrated(tmp_path) as store:
        assert parts(store) == before
