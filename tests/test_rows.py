"""Rows of tables are read by the names of their columns: a number says nothing, and moves with the query."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TREE = Path(__file__).parents[1]
_CURSOR_METHODS = {"fetchone", "first", "one", "one_or_none"}


def by_number(source: str) -> list[int]:
    """The lines that read a row by the number of a column. The only column of a row is `row[0]`."""
    subscripts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Subscript)]
    return sorted({node.lineno for node in subscripts if _is_row(node.value) and _says_number(node.slice)})


def _is_row(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == "row" or name.endswith("_row")
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=position):
            return (name == "rows" or name.endswith("_rows")) and not isinstance(position, ast.Slice)
        case ast.Call(func=ast.Attribute(attr=method)):
            return method in _CURSOR_METHODS
    return False


def _says_number(position: ast.expr) -> bool:
    """Whether this is another column than the first, or several columns."""
    match position:
        case ast.Slice() | ast.UnaryOp(operand=ast.Constant(value=int())):
            return True
        case ast.Constant(value=int(number)):
            return number != 0
    return False


@pytest.mark.parametrize("room", ["schemas", "lrs", "processors"])
def test_rows_are_read_by_name(room: str) -> None:
    found = [
        f"{path.relative_to(TREE)}:{line}"
        for path in sorted((TREE / room).rglob("*.py"))
        for line in by_number(path.read_text())
    ]
    assert not found, "make a NamedTuple of the columns, or unpack them"


@pytest.mark.parametrize(
    "source",
    ["row[1]", "row[5:]", "own_row[-1]", "rows[-1][3]", "self.rows[0][1]", "cursor.fetchone()[1]", "first_row[:2]"],
)
def test_what_counts_as_a_number(source: str) -> None:
    assert by_number(source) == [1]


@pytest.mark.parametrize("source", ["row[0]", "rows[0][0]", "rows[1:]", "row['name']", "rows[-1].time", "words[1]"])
def test_what_does_not(source: str) -> None:
    assert by_number(source) == []
