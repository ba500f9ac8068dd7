"""What commands count is said of one thing in the singular."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs import cli
from lrs.cli.counting import counted

MODULES = sorted(Path(cli.__file__).parent.glob("*.py"))
# Words after a value that are no number of things, and numbers that are never one.
_NO_COUNT = {"this", "was", "has", "names", "launches", "decides", "needs", "gives", "begins", "waits", "does"}
_NEVER_ONE = {"RECENT", "len(keys)", "days"}


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("statement",), "0 statements"),
        (1, ("statement",), "1 statement"),
        (2, ("statement",), "2 statements"),
        (1_234, ("statement",), "1,234 statements"),
        (1, ("class", "classes"), "1 class"),
        (2, ("class", "classes"), "2 classes"),
        (1, ("decision changes", "decisions change"), "1 decision changes"),
        (2, ("decision changes", "decisions change"), "2 decisions change"),
    ],
)
def test_one_and_several(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said


def plurals(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Values that stand before a plural in a text, with it."""
    for text in (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)):
        for value, after in zip(text.values, text.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                word = str(after.value).lstrip(" ").partition(" ")[0].rstrip(":;,.)")
                if str(after.value).startswith(" ") and word.isalpha() and word.endswith("s") and len(word) > 2:
                    yield ast.unparse(value.value), word


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_every_count_is_said_by_it(module: Path) -> None:
    found = {(value, word) for value, word in plurals(ast.parse(module.read_text())) if word not in _NO_COUNT}
    assert [one for one in sorted(found) if one[0] not in _NEVER_ONE] == []
