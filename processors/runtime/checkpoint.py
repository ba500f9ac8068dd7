"""Where a reader of the log reads on, vouched for by a checkpoint beside the rows that it has written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from lrs.errors import LostData, Refused
from lrs.log import Log, OtherLog, Record, Truncated
from lrs.store.checkpoints import TABLE, Checkpoint, Checkpoints
from lrs.store.client import NoDatabase
from lrs.store.contents import Contents

SWAP_SECONDS = (0.0, 0.3)  # between looks whether a table that is another than it was is vouched for
CHECK_SECONDS = 40.0  # between looks at the tables: what is lost is found within a minute


class TablesLost(LostData):
    """Tables do not hold what a checkpoint vouches for. They are rebuilt from the log."""

    def __init__(self, tables: dict[str, str]) -> None:
        super().__init__("; ".join(f"table {table} {reason}" for table, reason in sorted(tables.items())))
        self.tables = tables


class Positions:
    """The positions of one reader in the partitions of a topic, with the tables that its group alone writes.

    Several processes of a group may keep checkpoints at the same time, each of the partitions that it reads. A
    checkpoint names the tables that its writer began with: whose tables were replaced meanwhile vouches for nothing.
    Views hold nothing, but fill a table from another: without one, rows are missing from then on.
    """

    def __init__(
        self,
        log: Log,
        checkpoints: Checkpoints,
        reader: str,
        topic: str,
        tables: Sequence[str],
        views: Sequence[str] = (),
    ) -> None:
        self.log = log
        self._checkpoints = checkpoints
        self.reader = reader
        self.topic = topic
        self._tables = tables
        self._views = views
        self._identity = ""
        self._last: dict[int, Checkpoint] = {}

    @property
    def vouch_for_tables(self) -> bool:
        """Whether the reader writes any table."""
        return bool(self._tables)

    def resume(self) -> dict[int, int]:
        """By partition, where to read on; empty if nothing was vouched for yet.

        Raises OtherLog, TablesLost, Truncated, the log's errors, the store's.
        """
        try:
            self._last = self._read()
        except Refused:
            if lost_tables := self._checkpoints.contents([], [TABLE], sizes=True).missing:
                raise TablesLost(dict(lost_tables)) from None
            raise
        self.check_log()
        self.check_tables()
        return {number: last.position for number, last in self._last.items()}

    def advance(self, records: Iterable[Record]) -> None:
        """Vouch for all up to these records, whose rows were inserted. Raises TablesLost, the log's, the store's."""
        latest: dict[int, Record] = {}
        for record in records:
            latest[record.partition] = record
        if not latest:
            return
        self._vouch(
            {
                number: (record.position + 1, self.log.partition(number).checksum_after(self.topic, record))
                for number, record in latest.items()
            }
        )

    def move(self, positions: Mapping[int, int]) -> None:
        """Vouch for all before a position of each partition. Raises TablesLost, OtherLog, the log's, the store's."""
        vouched: dict[int, tuple[int, int]] = {}
        for number, position in positions.items():
            checksum = self.log.partition(number).checksum_before(self.topic, position)
            if checksum is None and self.log.starts(self.topic)[number] == position:
                checksum = 0  # nothing before it is held, so nothing is compared
            if checksum is None:
                raise OtherLog(f"{self.topic} no longer holds what lies before position {position}")
            vouched[number] = (position, checksum)
        self._vouch(vouched)

    def replaced(self) -> None:
        """Vouch for tables that took the place of the old ones, as far as for those. Raises the store's errors."""
        checkpoints = self._read()
        table_contents = self._checkpoints.contents(self._tables).held()
        self._write(
            [
                msgspec.structs.replace(checkpoint, tables=table_contents, version=checkpoint.version + 1)
                for checkpoint in checkpoints.values()
            ]
        )

    def begin_again(self, positions: Mapping[int, int]) -> None:
        """Vouch for tables that were rebuilt, up to these positions, whatever was vouched for before.

        Raises OtherLog, TablesLost, the log's errors, the store's.
        """
        self._identity = ""
        checkpoints = self._read()
        if checkpoints.keys() - positions.keys():  # of partitions that the topic had before it was made again
            self._checkpoints.forget(self.reader, self.topic)
        self._last = {number: msgspec.structs.replace(last, tables={}) for number, last in checkpoints.items()}
        self.move(positions)

    def reload(self) -> None:
        """Go by the checkpoints that others may have written meanwhile. Raises the store's errors."""
        self._last = self._read()

    def check(self) -> None:
        """See that topic and tables are still those of the last checkpoints, and hold what these vouch for.

        Raises OtherLog, TablesLost, the log's errors, the store's.
        """
        self.check_topic()
        self.check_tables()

    def check_tables(self) -> None:
        """See that the tables still hold what the last checkpoints vouch for. Raises TablesLost, the store's."""
        self._require_complete(dict(self._last), sizes=True)

    def check_topic(self) -> None:
        """See that the topic is the one that was read. Raises OtherLog, the log's errors."""
        identity = self.log.identity(self.topic)
        if any(checkpoint.log != identity for checkpoint in list(self._last.values())):
            raise OtherLog(f"{self.topic} is another log than the one that {self.reader} has read")
        self._identity = identity

    def check_log(self) -> None:
        """See that the log holds what was read. Raises OtherLog, Truncated, the log's errors."""
        self.check_topic()
        for number, checkpoint in list(self._last.items()):
            self._check_partition(number, checkpoint)

    def _check_partition(self, number: int, checkpoint: Checkpoint) -> None:
        log = self.log.partition(number)
        if (log_checksum := log.checksum_before(self.topic, checkpoint.position)) == checkpoint.checksum:
            return
        if log_checksum is None and (start := self.log.starts(self.topic)[number]) >= checkpoint.position:
            if start == checkpoint.position:  # all before was read, and then removed
                return
            raise Truncated(
                f"partition {number} of {self.topic} no longer holds position {checkpoint.position}: "
                f"it starts at {start}"
            )
        where = f" in partition {number}" if number else ""
        raise OtherLog(
            f"{self.topic} does not hold what {self.reader} has read{where}: it ends at {log.end(self.topic)}, "
            f"or holds other records before position {checkpoint.position}"
        )

    def _vouch(self, positions: Mapping[int, tuple[int, int]]) -> None:
        """Write checkpoints at (position, checksum before it) of partitions."""
        table_contents = self._require_complete(self._last).held()
        # A checkpoint of this reader that was not read, of a table that was lost, must not count for more than these.
        checkpoints_before = self._last if positions.keys() <= self._last.keys() else self._read() | self._last
        self._identity = self._identity or self.log.identity(self.topic)
        self._write(
            [
                Checkpoint(self.reader, self.topic, number, position, self._identity, checksum, table_contents, version)
                for number, (position, checksum) in positions.items()
                for version in [1 + (checkpoints_before[number].version if number in checkpoints_before else 0)]
            ]
        )

    def _require_complete(self, last_checkpoints: Mapping[int, Checkpoint], sizes: bool = False) -> Contents:
        try:
            contents = self._checkpoints.contents(self._tables, [*self._views, TABLE], sizes)
        except NoDatabase:
            raise TablesLost(dict.fromkeys([*self._tables, TABLE], "is missing")) from None
        lost = dict(contents.missing)
        for checkpoint in last_checkpoints.values():
            lost |= contents.lacks(checkpoint.tables)
        if lost:
            raise TablesLost(lost)
        return contents

    def _read(self) -> dict[int, Checkpoint]:
        return self._checkpoints.read(self.reader, self.topic)

    def _write(self, checkpoints: Sequence[Checkpoint]) -> None:
        self._checkpoints.write(checkpoints)
        self._last |= {checkpoint.partition: checkpoint for checkpoint in checkpoints}


class Position:
    """The position of the reader of a log of one partition, where a replay may put another table in the place of one.

    A replay holds the reader while it does, and vouches for the new table as far as for the old one.
    """

    def __init__(self, positions: Positions) -> None:
        self._all = positions
        self._log, self._reader, self._topic = positions.log, positions.reader, positions.topic

    def resume(self) -> int | None:
        """Where to read on; None if nothing was vouched for yet. Raises OtherLog, TablesLost, the log's, the store's.

        The log's own memory of the position, by which others see how far the reader is, is set to it.
        """
        position = self._all.resume().get(0)
        if position is not None and self._log.committed(self._reader, self._topic) != position:
            self._log.commit(self._reader, self._topic, position)
        return position

    def advance(self, position: int) -> None:
        """Vouch for all before `position`, whose rows were inserted. Raises TablesLost, the log's, the store's."""
        self._replaced_or(lambda: self._all.move({0: position}))
        self._log.commit(self._reader, self._topic, position)

    def check(self) -> None:
        """See that the tables still hold what the last checkpoint vouches for. Raises TablesLost, the store's."""
        self._replaced_or(self._all.check_tables)

    def _replaced_or(self, do: Callable[[], None]) -> None:
        try:
            do()
        except TablesLost as error:
            if TABLE in error.tables:
                raise
        else:
            return
        for last, seconds in zip((False, True), SWAP_SECONDS, strict=True):
            # A replay puts another table in the place of one, and vouches for it a moment later.
            time.sleep(seconds)
            self._all.reload()
            try:
                do()
            except TablesLost:
                if last:
                    raise
            else:
                return
