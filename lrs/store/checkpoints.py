"""Checkpoints: how far a reader of the log has come, kept in the store whose rows they vouch for.

A checkpoint names the log, the checksum of what lies before its position, and what each table held when it was written.
ClickHouse numbers the blocks of rows that are inserted, and a part says which of them it holds, however often it was
merged. So a table that was lost, recreated, emptied, restored from an older copy or left without one of its parts does
not hold the blocks that a checkpoint counted.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from lrs.store.client import Store

TABLE = "checkpoints"
_COLUMNS = ("reader", "topic", "partition", "position", "log", "checksum", "tables", "version")
_TYPES = ("String", "String", "UInt32", "UInt64", "String", "UInt32", "String", "UInt64")
_TABLES = "SELECT name, toString(uuid) FROM system.tables WHERE database = currentDatabase() AND name IN %(tables)s"
_PARTS = (
    "SELECT table, min_block_number, max_block_number, rows, bytes_on_disk, path FROM system.parts "
    "WHERE database = currentDatabase() AND active AND table IN %(tables)s"
)


class TableContents(msgspec.Struct, frozen=True):
    """What a table held: `blocks` of those up to number `last`; `rows` counts those that replace each other, too."""

    uuid: str
    last: int
    blocks: int
    rows: int


class Checkpoint(msgspec.Struct, frozen=True):
    """A reader has put into the tables all that lies before `position` of a partition of this log."""

    reader: str
    topic: str
    partition: int
    position: int
    log: str
    checksum: int
    tables: dict[str, TableContents]
    version: int = 0


class TablePart(msgspec.Struct, frozen=True):
    """The blocks of a table that one part holds, from the first to the last."""

    first: int
    last: int
    rows: int


class StoreContents(msgspec.Struct, frozen=True):
    """What the tables that exist hold now."""

    uuids: dict[str, str]
    parts: dict[str, list[TablePart]]

    def held(self) -> dict[str, TableContents]:
        """What a checkpoint that is written now vouches for."""
        return {
            table: TableContents(
                uuid, max((one.last for one in parts), default=-1), _blocks(parts), sum(p.rows for p in parts)
            )
            for table, uuid in self.uuids.items()
            for parts in [self.parts.get(table, [])]
        }

    def lacks(self, vouched: dict[str, TableContents]) -> dict[str, str]:
        """The tables that do not hold what was vouched for, with the reasons."""
        found: dict[str, str] = {}
        for table, held in vouched.items():
            if table not in self.uuids:
                found[table] = "is missing"
            elif self.uuids[table] != held.uuid:
                found[table] = "is another than it was"
            elif (blocks := _blocks(self.parts.get(table, []), held.last)) < held.blocks:
                found[table] = f"lacks {held.blocks - blocks} of {held.blocks} blocks of rows"
        return found


def _blocks(parts: Sequence[TablePart], last: int | None = None) -> int:
    """How many blocks parts hold, of those up to `last`."""
    ends = [(part.first, part.last if last is None else min(part.last, last)) for part in parts]
    return sum(max(0, end - first + 1) for first, end in ends)


class Checkpoints:
    """The table of checkpoints.

    Args:
        local: whether the store's files are on this machine, so that a part that was deleted or cut under a running
            engine, which still lists it, can be seen to be gone.
    """

    def __init__(self, store: Store, local: bool) -> None:
        self._store = store
        self._local = local

    def read(self, reader: str, topic: str) -> dict[int, Checkpoint]:
        """The last one of a reader in each partition. Raises the store's errors; Refused where there is no table."""
        rows = self._store.tuples(
            f"SELECT {', '.join(_COLUMNS)} FROM {TABLE} WHERE reader = %(reader)s AND topic = %(topic)s "
            "ORDER BY partition, version DESC LIMIT 1 BY partition",
            {"reader": reader, "topic": topic},
        )
        found: dict[int, Checkpoint] = {}
        for row in rows:
            values = dict(zip(_COLUMNS, row, strict=True))
            values["tables"] = msgspec.json.decode(values["tables"], type=dict[str, TableContents])
            found[values["partition"]] = Checkpoint(**values)
        return found

    def write(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Keep some. The rows that they vouch for were inserted before. Raises the store's errors."""
        rows = []
        for one in checkpoints:
            values = msgspec.structs.asdict(one)
            values["tables"] = msgspec.json.encode(one.tables).decode()
            rows.append([values[name] for name in _COLUMNS])
        if rows:
            self._store.insert(TABLE, _COLUMNS, _TYPES, list(zip(*rows, strict=True)))

    def forget(self, reader: str, topic: str) -> None:
        """Remove those of a reader. Raises the store's errors."""
        self._store.command(f"DELETE FROM {TABLE} WHERE reader = '{reader}' AND topic = '{topic}'")

    def contents(self, tables: Sequence[str], sizes: bool = False) -> StoreContents:
        """What some tables hold now; `sizes`: a part whose files are cut is not there. Raises the store's errors."""
        asked = {"tables": list(tables)}
        uuids = dict(self._store.tuples(_TABLES, asked))
        parts: dict[str, list[TablePart]] = {}
        for table, first, last, rows, size, path in self._store.tuples(_PARTS, asked):
            if not self._local or _on_disk(path, size if sizes else 0):
                parts.setdefault(table, []).append(TablePart(first, last, rows))
        return StoreContents(uuids, parts)


def _on_disk(path: str, least: int) -> bool:
    """Whether a part's folder is there, with so many bytes in the files that ClickHouse counts."""
    if not least:
        return os.path.exists(path)
    try:
        with os.scandir(path) as files:
            return sum(file.stat().st_size for file in files if _counted(file.name)) >= least
    except FileNotFoundError:
        return False


def _counted(name: str) -> bool:
    return name == "count.txt" or not name.endswith(".txt")
