"""The folds that a runtime runs: those of Pacer, and those of installed packages (entry points of `pacer.folds`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from processors.folds.engagement import Engagement
from processors.folds.interface import Fold
from processors.folds.mastery import Mastery
from processors.mastery.weights import Weights

GROUP = "pacer.folds"
_FOLD_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
_PLAIN_TYPE = r"(U?Int(8|16|32|64)|Float(32|64)|Bool|String)"
_COLUMN_TYPE = re.compile(rf"{_PLAIN_TYPE}|Array\({_PLAIN_TYPE}\)|Nullable\({_PLAIN_TYPE}\)|LowCardinality\(String\)")
# Names of tables and columns that are Pacer's own.
_OWN_TABLES = frozenset(
    [
        *("statements", "agent_statements", "to_agent_statements", "voids", "refs", "observations", "learners"),
        *("names", "teachers", "definitions", "migrations", "checkpoints", "snapshots", "admit", "project"),
        *("decisions", "decision_history"),
    ]
)
_OWN_COLUMNS = frozenset(["tenant", "learner", "key", "state", "mark", "resolved", "version", "deleted"])


class BadFold(Exception):
    """An installed fold that cannot be run. The message names it."""


def all_folds(weights: Callable[[str], Weights] | None = None) -> list[Fold]:
    """Every fold, each the only writer of its table. `weights` gives those of a tenant; the shipped ones without it.

    Raises BadFold.
    """
    registered: list[Fold] = [Mastery(active=weights), Engagement()]
    for point in _installed_folds():
        fold = _load_fold(point)
        if fold.name in {known_fold.name for known_fold in registered}:
            raise BadFold(f"{point.name} ({point.value}): there are two folds with the name {fold.name!r}")
        registered.append(fold)
    return registered


def fold_names() -> list[str]:
    """The names of every fold, which are those of their tables. Raises BadFold."""
    return [fold.name for fold in all_folds()]


@cache
def _installed_folds() -> Sequence[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def _load_fold(point: EntryPoint) -> Fold:
    try:
        fold: Fold = point.load()()
        _check_fold(fold)
    except Exception as error:  # another package's code may raise anything; without its fold, answers would be missing
        raise BadFold(f"{point.name} ({point.value}): {type(error).__name__}: {error}") from error
    return fold


def _check_fold(fold: Fold) -> None:
    """Raise ValueError if no table can be made for a fold."""
    if not _FOLD_NAME.fullmatch(fold.name) or fold.name in _OWN_TABLES:
        raise ValueError(f"name: {fold.name!r} is not a free name of lower-case letters, digits and '_'")
    if list(fold.columns) != list(fold.column_types):
        raise ValueError("columns: these are not the names of column_types, in the same order")
    for name, type_ in fold.column_types.items():
        if not _FOLD_NAME.fullmatch(name) or name in _OWN_COLUMNS:
            raise ValueError(f"column_types: {name!r} is not a free name of lower-case letters, digits and '_'")
        if not _COLUMN_TYPE.fullmatch(type_):
            raise ValueError(f"column_types: {name}: {type_!r} is not a type that a fold may use")
