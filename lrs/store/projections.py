"""The tables of folds, made from what each fold says of its columns; no SQL is written by hand for one.

A learner has one row a key. Around a fold's own columns are those of Pacer: whose row it is, the state that the fold
goes on from, how far the learner is folded, what is known of earlier observations (see processors.meaning.resolve), and
which of two rows wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lrs.store.client import Store
from lrs.store.durable_tables import durable_sql
from processors.folds.interface import Fold

_KEY_COLUMNS = (("tenant", "LowCardinality(String)"), ("learner", "String"), ("key", "String"), ("state", "String"))
_BOOKKEEPING = (("mark", "String"), ("resolved", "String"), ("version", "UInt64"), ("deleted", "UInt8"))
_CODECS = {"state": " CODEC(ZSTD(1))", "resolved": " CODEC(ZSTD(1))"}


def fold_columns(fold: Fold) -> tuple[tuple[str, str], ...]:
    """The columns of a fold's table, in order, with their types."""
    return (*_KEY_COLUMNS, *((name, fold.column_types[name]) for name in fold.columns), *_BOOKKEEPING)


def computed_columns(fold: Fold) -> Mapping[str, tuple[str, str]]:
    """The columns that a query computes, by name: type and expression. A fold need not have any."""
    return getattr(fold, "computed", {})


def answer_columns(fold: Fold) -> str:
    """The columns that are the answer, for a SELECT: without the bookkeeping of how a row came about."""
    return ", ".join(f"`{name}`" for name, _ in fold_columns(fold) if name not in ("mark", "resolved", "version"))


def replay_table(fold: Fold) -> str:
    """The table beside the live one, in which a replay is built."""
    return f"{fold.name}_replay"


def fold_table_sql(fold: Fold, table: str | None = None) -> str:
    """The SQL that makes a fold's table, or one like it under another name.

    Its granules are small: rows hold states of kilobytes, and are read by learner.
    """
    column_lines = [f"  `{name}` {type_}{_CODECS.get(name, '')}" for name, type_ in fold_columns(fold)]
    column_lines += [
        f"  `{name}` {type_} ALIAS {expression}" for name, (type_, expression) in computed_columns(fold).items()
    ]
    joined = ",\n".join(column_lines)
    return durable_sql(
        f"CREATE TABLE IF NOT EXISTS {table or fold.name} (\n{joined}\n)"
        " ENGINE = ReplacingMergeTree(version, deleted)\n"
        "ORDER BY (tenant, learner, key)\nSETTINGS index_granularity = 64"
    )


def create_fold_tables(store: Store, folds: Iterable[Fold]) -> None:
    """Make the tables that are missing."""
    for fold in folds:
        store.command(fold_table_sql(fold))


def is_outdated(store: Store, fold: Fold) -> bool:
    """Whether a fold's table is missing, or has other columns than the fold."""
    columns = store.tuples(
        "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = %(table)s "
        "ORDER BY position",
        {"table": fold.name},
    )
    return columns != [*fold_columns(fold), *((name, type_) for name, (type_, _) in computed_columns(fold).items())]
