"""Checkpoints: how far a reader of the log has come, kept in the store whose rows they vouch for.

A checkpoint names the log, the checksum of what lies before its position, and what each table held when it was written
(lrs.store.contents), on a cluster each table of each shard.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import msgspec

from lrs.store.client import Store
from lrs.store.cluster_contents import read_cluster
from lrs.store.contents import Contents, StoreContents, TableContents, TablePart
from lrs.store.unreadable_parts import UnreadableParts

TABLE = "checkpoints"
_CHECKPOINT_COLUMNS = ("reader", "topic", "partition", "position", "log", "checksum", "tables", "version")
_CHECKPOINT_TYPES = ("String", "String", "UInt32", "UInt64", "String", "UInt32", "String", "UInt64")
_TABLE_UUIDS = (
    "SELECT name, toString(uuid) FROM system.tables WHERE database = currentDatabase() AND name IN %(tables)s"
)
_TABLE_PARTS = (
    "SELECT table, min_block_number, max_block_number, rows, bytes_on_disk, path FROM system.parts "
    "WHERE database = currentDatabase() AND active AND table IN %(tables)s"
)
_tables_decoder = msgspec.json.Decoder(dict[str, TableContents])


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


class Checkpoints:
    """The table of checkpoints.

    Args:
        local: whether the store's files are on this machine, so that a part that was deleted or cut under a running
            engine, which still lists it, can be seen to be gone.
    """

    def __init__(self, store: Store, local: bool) -> None:
        self._store = store
        self._local = local
        self._unreadable = UnreadableParts(store)

    def read(self, reader: str, topic: str) -> dict[int, Checkpoint]:
        """The last one of a reader in each partition. Raises the store's errors; Refused where there is no table."""
        checkpoint_rows = self._store.tuples(
            f"SELECT {', '.join(_CHECKPOINT_COLUMNS)} FROM {TABLE} WHERE reader = %(reader)s AND topic = %(topic)s "
            "ORDER BY partition, version DESC LIMIT 1 BY partition",
            {"reader": reader, "topic": topic},
        )
        by_partition: dict[int, Checkpoint] = {}
        for checkpoint_row in checkpoint_rows:
            values = dict(zip(_CHECKPOINT_COLUMNS, checkpoint_row, strict=True))
            values["tables"] = _tables_decoder.decode(values["tables"])
            by_partition[values["partition"]] = Checkpoint(**values)
        return by_partition

    def write(self, checkpoints: Sequence[Checkpoint]) -> None:
        """Keep some. The rows that they vouch for were inserted before. Raises the store's errors."""
        checkpoint_rows = []
        for checkpoint in checkpoints:
            values = msgspec.structs.asdict(checkpoint)
            values["tables"] = msgspec.json.encode(checkpoint.tables).decode()
            checkpoint_rows.append([values[name] for name in _CHECKPOINT_COLUMNS])
        if checkpoint_rows:
            self._store.insert(TABLE, _CHECKPOINT_COLUMNS, _CHECKPOINT_TYPES, list(zip(*checkpoint_rows, strict=True)))

    def forget(self, reader: str, topic: str) -> None:
        """Remove those of a reader. Raises the store's errors."""
        self._store.command(f"DELETE FROM {TABLE} WHERE reader = '{reader}' AND topic = '{topic}'")

    def contents(self, tables: Sequence[str], beside: Sequence[str] = (), sizes: bool = False) -> Contents:
        """What some tables hold now. Raises the store's errors: also where one server of a cluster does not answer.

        Args:
            beside: tables and views that have to be there, whatever they hold.
            sizes: whether a part whose files are cut is not there, and a table with one that ClickHouse could not read
                is missing.
        """
        if self._store.clustered:
            return read_cluster(self._store, tables, beside)
        parameters = {"tables": [*tables, *beside]}
        uuids = dict(self._store.tuples(_TABLE_UUIDS, parameters))
        missing_tables = {name: "is missing" for name in parameters["tables"] if name not in uuids}
        parts: dict[str, list[TablePart]] = {}
        for table, first, last, rows, size, path in self._store.tuples(_TABLE_PARTS, parameters):
            if not self._local or _on_disk(path, size if sizes else 0):
                parts.setdefault(table, []).append(TablePart(first, last, rows))
            elif table in beside:  # whose blocks nobody vouches for
                missing_tables[table] = "has a part whose files are cut or gone"
        if sizes and self._local:
            for table, names in self._unreadable.find(parameters["tables"]).items():
                missing_tables[table] = f"has parts that cannot be read ({', '.join(names)})"
        return StoreContents({name: uuids[name] for name in tables if name in uuids}, parts, missing_tables)


def _on_disk(path: str, least: int) -> bool:
    """Whether a part's folder is there, with so many bytes in the files that ClickHouse counts."""
    if not least:
        return os.path.exists(path)
    try:
        with os.scandir(path) as files:
            return sum(file.stat().st_size for file in files if _part_file_counted(file.name)) >= least
    except FileNotFoundError:
        return False


def _part_file_counted(name: str) -> bool:
    return name == "count.txt" or not name.endswith(".txt")
