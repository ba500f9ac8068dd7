"""The history of decisions as a part of a backup: what was said at a time does not follow from the log.

It is kept as files of the rows that began in a week. Where none of them changed the file has the same name, and is not
written again, if the target still has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import zstandard

from lrs.backup.manifest import HistoryFile, HistoryManifest
from lrs.backup.target import BackupTarget, kept_names, read_checked
from lrs.clock import system_time
from lrs.errors import LostData, Missing
from lrs.processes.engine_for import engine_for
from lrs.processes.runtime import Runtime
from lrs.processes.supervise import FolderInUse, lock_folder
from lrs.store import migrate
from lrs.store.client import Store
from schemas.days import DAY
from schemas.envelope import NOT_DECODABLE

TABLE = "decision_history"
_FILE_ROWS = 50_000  # of a file at the most
_COLUMNS = (
    "SELECT name, type FROM system.columns WHERE database = currentDatabase() AND table = %(table)s ORDER BY position"
)
_WEEKS = f"SELECT DISTINCT intDiv(since, {7 * DAY}) AS week FROM {TABLE} ORDER BY week"
_KEY = ("tenant", "learner", "skill", "class", "since")


class _Rows(msgspec.Struct):
    """The content of a file."""

    columns: list[str]
    rows: list[list[Any]]


_rows_decoder = msgspec.msgpack.Decoder(_Rows)


@contextmanager
def open_history(runtime: Runtime) -> Iterator[Store | None]:
    """The store that has the history, or None where there is none. Raises StoreUnavailable and StoreRefused.

    The engine of a folder that nobody serves is started for it; meanwhile nobody can serve the folder.
    """
    if runtime.clickhouse or not (runtime.data / "engine").is_dir():
        yield runtime.store() if runtime.clickhouse else None
        return
    try:
        lock = lock_folder(runtime.data)
    except FolderInUse:
        yield runtime.store()
        return
    with lock, engine_for(runtime) as store:
        yield store


def copy_history(
    store: Store,
    target: BackupTarget,
    before: HistoryManifest | None,
    scratch: Path,
    progress: Callable[[int], None] = lambda rows: None,
) -> HistoryManifest | None:
    """Copy the rows; `before` where there is no table. Raises the store's errors and the target's."""
    taken = system_time()
    columns = list(_types(store))
    if not columns:
        return before
    there = kept_names(target, TABLE)
    files = []
    for (week,) in store.tuples(_WEEKS, {}):
        for rows in _rows_of(store, columns, week):
            content = zstandard.ZstdCompressor(level=6).compress(msgspec.msgpack.encode(_Rows(columns, rows)))
            sha256 = hashlib.sha256(content).hexdigest()
            name = f"{TABLE}/{week}-{sha256[:16]}.zst"
            if name not in there:
                file = scratch / TABLE
                file.write_bytes(content)
                target.put(name, file)
                progress(len(rows))
            files.append(HistoryFile(name, sha256, len(rows)))
    return HistoryManifest(files, taken)


def files_to_keep(
    store: Store, target: BackupTarget, before: HistoryManifest, copied: HistoryManifest
) -> list[HistoryFile]:
    """The files of an earlier run that have rows which the table lacks, as one does that was lost and made again.

    One that is gone or damaged is none of them. Raises the store's errors.
    """
    names = {file.file for file in copied.files}
    return [kept for kept in before.files if kept.file not in names and _has_more(store, target, kept)]


def _has_more(store: Store, target: BackupTarget, kept: HistoryFile) -> bool:
    try:
        content = _read(target, kept)
    except (LostData, Missing):
        return False
    places = [content.columns.index(name) for name in _KEY]
    keys = {tuple(row[place] for place in places) for row in content.rows}
    first, last = min(keys), max(keys)
    columns = ", ".join(_KEY)
    between = f"({columns}) BETWEEN %(first)s AND %(last)s AND intDiv(since, {7 * DAY}) = %(week)s"
    asked = {"first": first, "last": last, "week": first[_KEY.index("since")] // (7 * DAY)}
    return not keys.issubset(store.tuples(f"SELECT DISTINCT {columns} FROM {TABLE} WHERE {between}", asked))


def lost_history(target: BackupTarget, history: HistoryManifest | None) -> list[str]:
    """The files that a backup names and the target lacks: the table they are of could not be read. Raises Transient."""
    there = kept_names(target, TABLE)
    return [kept.file for kept in (history.files if history else []) if kept.file not in there]


def check_history(target: BackupTarget, history: HistoryManifest) -> None:
    """Read every file. Raises LostData and Missing."""
    for kept in history.files:
        _read(target, kept)


def restore_history(store: Store, target: BackupTarget, history: HistoryManifest) -> None:
    """Put the rows into the table, which the stages go on with; rows that are there count once.

    Raises LostData, Missing, and the store's errors.
    """
    migrate.make_database(store)
    migrate.again(store, "decisions")
    types = _types(store)
    for kept in history.files:
        content = _read(target, kept)
        if unknown := set(content.columns) - set(types):
            raise LostData(f"{kept.file} has columns that this release does not know: {', '.join(sorted(unknown))}")
        columns = [list(column) for column in zip(*content.rows, strict=True)]
        store.insert(TABLE, content.columns, [types[name] for name in content.columns], columns)


def history_rows(store: Store) -> int:
    """How many rows the table has; none where there is no table. Raises the store's errors."""
    if not _types(store):
        return 0
    [[rows]] = store.tuples(f"SELECT count() FROM {TABLE} FINAL", {})
    return int(rows)


def _types(store: Store) -> dict[str, str]:
    """The columns of the table, with their types; empty where there is no table."""
    return dict(store.tuples(_COLUMNS, {"table": TABLE}))


def _rows_of(store: Store, columns: list[str], week: int) -> Iterator[list[list[Any]]]:
    """The rows that began in a week, some at a time."""
    key = ", ".join(_KEY)
    last: dict[str, Any] = {}
    while True:
        after = f"AND ({key}) > ({', '.join(f'%({name})s' for name in _KEY)})" if last else ""
        rows = store.tuples(
            f"SELECT {', '.join(columns)} FROM {TABLE} FINAL WHERE intDiv(since, {7 * DAY}) = %(week)s {after} "
            f"ORDER BY {key} LIMIT {_FILE_ROWS}",
            {"week": week, **last},
        )
        if rows:
            yield [list(row) for row in rows]
        if len(rows) < _FILE_ROWS:
            return
        last = {name: rows[-1][columns.index(name)] for name in _KEY}


def _read(target: BackupTarget, kept: HistoryFile) -> _Rows:
    content = read_checked(target, kept.file, kept.sha256)
    try:
        return _rows_decoder.decode(zstandard.ZstdDecompressor().decompress(content))
    except NOT_DECODABLE as error:
        raise LostData(f"{kept.file} of the backup cannot be read: {error}") from error
