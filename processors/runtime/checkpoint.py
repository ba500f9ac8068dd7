"""Where a reader of the log reads on, vouched for by a checkpoint beside the rows that it has written."""

from __future__ import annotations

import time
from collections.abc import Sequence

import msgspec

from lrs.errors import LostData
from lrs.log import Log
from lrs.store.checkpoints import TABLE, Checkpoint, Checkpoints, StoreContents
from lrs.store.client import NoDatabase

SWAP_SECONDS = (0.0, 0.3)  # between looks whether a table that is another than it was is vouched for
CHECK_SECONDS = 30.0  # between looks at the tables while there is nothing to read


class OtherLog(LostData):
    """The log does not hold what a checkpoint has seen: an older copy, or another. Reading on would skip records."""


class TablesLost(LostData):
    """Tables do not hold what a checkpoint vouches for. They are rebuilt from the log."""

    def __init__(self, tables: dict[str, str]) -> None:
        super().__init__("; ".join(f"table {table} {reason}" for table, reason in sorted(tables.items())))
        self.tables = tables


class Position:
    """The position of one reader in one partition of a topic, with the tables that it alone writes."""

    def __init__(
        self, log: Log, checkpoints: Checkpoints, reader: str, topic: str, tables: Sequence[str], partition: int = 0
    ) -> None:
        self._log = log
        self._checkpoints = checkpoints
        self._reader = reader
        self._topic = topic
        self._tables = tables
        self._partition = partition
        self._last: Checkpoint | None = None

    def resume(self) -> int | None:
        """Where to read on; None if nothing was vouched for yet. Raises OtherLog, TablesLost, the log's, the store's.

        The log's own memory of the position, by which others see how far the reader is, is set to it.
        """
        self._last = self._checkpoints.read(self._reader, self._topic, self._partition)
        if self._last is None:
            return None
        self.check_log()
        self.check()
        if self._log.committed(self._reader, self._topic) != self._last.position:
            self._log.commit(self._reader, self._topic, self._last.position)
        return self._last.position

    def advance(self, position: int) -> None:
        """Vouch for all before `position`, whose rows were inserted. Raises TablesLost, the log's, the store's."""
        contents = self._whole()
        checksum = self._log.checksum_before(self._topic, position)
        if checksum is None:
            raise OtherLog(f"{self._topic} no longer holds what lies before position {position}")
        # A rebuild has read none: those of the tables that were lost are still there.
        before = self._last or self._checkpoints.read(self._reader, self._topic, self._partition)
        version = (before.version if before else 0) + 1
        log = self._log.identity(self._topic)
        key = (self._reader, self._topic, self._partition)
        held = {table: held for table, held in contents.held().items() if table != TABLE}
        self._write(Checkpoint(*key, position, log, checksum, held, version))
        self._log.commit(self._reader, self._topic, position)

    def replaced(self) -> None:
        """Vouch for tables that took the place of the old ones, as far as for those. Raises the store's errors."""
        last = self._checkpoints.read(self._reader, self._topic, self._partition)
        if last is not None:
            held = self._checkpoints.contents(self._tables).held()
            self._write(msgspec.structs.replace(last, tables=held, version=last.version + 1))

    def check(self) -> None:
        """See that the tables still hold what the last checkpoint vouches for. Raises TablesLost, the store's."""
        self._whole()

    def _whole(self) -> StoreContents:
        try:
            contents = self._checkpoints.contents([*self._tables, TABLE])
        except NoDatabase:
            raise TablesLost(dict.fromkeys(self._tables, "is missing")) from None
        if TABLE not in contents.uuids:
            raise TablesLost(self._lost(contents) | {TABLE: "is missing"})
        for seconds in SWAP_SECONDS:
            if not self._lost(contents):
                return contents
            # A replay puts another table in the place of one, and vouches for it a moment later.
            time.sleep(seconds)
            self._last = self._checkpoints.read(self._reader, self._topic, self._partition)
            contents = self._checkpoints.contents([*self._tables, TABLE])
        if lost := self._lost(contents):
            raise TablesLost(lost)
        return contents

    def _lost(self, contents: StoreContents) -> dict[str, str]:
        missing = {table: "is missing" for table in self._tables if table not in contents.uuids}
        return missing if self._last is None else missing | contents.lacks(self._last.tables)

    def _write(self, checkpoint: Checkpoint) -> None:
        self._checkpoints.write(checkpoint)
        self._last = checkpoint

    def check_log(self) -> None:
        """See that the log is the one that was read. Raises OtherLog, the log's errors."""
        last = self._last
        if last is None:
            return
        if self._log.identity(self._topic) != last.log:
            raise OtherLog(f"{self._topic} is another log than the one that {self._reader} has read")
        if self._log.checksum_before(self._topic, last.position) != last.checksum:
            raise OtherLog(
                f"{self._topic} does not hold what {self._reader} has read: it ends at {self._log.end(self._topic)}, "
                f"or holds other records before position {last.position}"
            )
