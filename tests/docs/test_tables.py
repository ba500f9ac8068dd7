"""The page of tables is made of the migrations and the folds, and every column is described once."""

from __future__ import annotations

from processors.folds.registry import fold_names
from tests.docs.tables import PAGE, described, page, tables


def test_it_is_current() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.docs.tables`"


def test_every_table_is_found() -> None:
    assert {"statements", "observations", *fold_names()} <= set(tables())


def test_no_description_is_left_over() -> None:
    said, made = described(), tables()
    used = {column for _, columns in made.values() for column, _ in columns}
    assert set(said) == {"common", *made}
    assert set(said["common"]) <= used
    for name, (_, columns) in made.items():
        assert set(said[name]) - {"about"} <= {column for column, _ in columns}, name
