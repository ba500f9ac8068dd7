"""Folds of installed packages: found by their entry point, and refused by name where no table can be made."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest

from processors.folds import registry
from processors.folds.engagement import Engagement


def install(monkeypatch: pytest.MonkeyPatch, fold_made: Any, name: str = "mine") -> None:
    """Install a package with one fold."""
    module = ModuleType("a_package")
    module.Made = fold_made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_package", module)
    monkeypatch.setattr(registry, "_installed_folds", lambda: [EntryPoint(name, "a_package:Made", registry.GROUP)])


def fold(name: str = "mine", columns: tuple[str, ...] = (), types: Mapping[str, str] = {}) -> type[Engagement]:
    """A fold's class."""
    return type("Made", (Engagement,), {"name": name, "columns": columns or tuple(types), "column_types": types})


def test_installed_folds_follow_those_of_pacer(monkeypatch: pytest.MonkeyPatch) -> None:
    own_folds = registry.fold_names()
    install(monkeypatch, fold(types={"a": "Array(Float64)", "b": "Nullable(UInt32)", "c": "LowCardinality(String)"}))
    assert registry.fold_names() == [*own_folds, "mine"]


@pytest.mark.parametrize(
    ("fold_made", "message"),
    [
        (fold("mastery"), "two folds with the name 'mastery'"),
        (fold("statements"), "name: 'statements'"),
        (fold("Mine"), "name: 'Mine'"),
        (fold("a; DROP TABLE x"), "name"),
        (fold(types={"state": "String"}), "column_types: 'state'"),
        (fold(types={"a b": "String"}), "column_types: 'a b'"),
        (fold(types={"a": "String) ENGINE = Null"}), "column_types: a: "),
        (fold(types={"a": "Map(String, String)"}), "column_types: a: "),
        (fold(columns=("b", "a"), types={"a": "String", "b": "String"}), "same order"),
        (lambda: 1 / 0, "ZeroDivisionError"),
        (object, "AttributeError"),
    ],
)
def test_one_that_cannot_run_is_refused_by_name(fold_made: Any, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, fold_made, name="theirs")
    with pytest.raises(registry.BadFold, match=message) as refused:
        registry.all_folds()
    assert "theirs (a_package:Made)" in str(refused.value)
