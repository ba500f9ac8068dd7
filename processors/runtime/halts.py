"""What a stage on Kafka says when it cannot go on, so that nobody reads tables that lack what it could not handle."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

from lrs.errors import Failure
from lrs.log import OtherLog, Record
from lrs.store.closed_tables import ClosedTables, Closure
from processors.runtime.checkpoint import TablesLost

WAY_OUT = "restore the log that was read, or `lrs rebuild --accept-log`"

logger = logging.getLogger(__name__)


class ClosuresOfStages(ClosedTables, Protocol):
    """The closures of all stages, of which this one writes its own."""

    def own(self) -> Closure | None: ...


class StageClosure:
    """What one stage says of the tables; it outlives the process that said it, until the stage has passed on."""

    def __init__(self, closed: ClosuresOfStages, stage: str) -> None:
        self._closed = closed
        self._stage = stage

    def read(self) -> Closure | None:
        """What keeps the tables from being read, whoever says it; None, too, where the database does not answer."""
        with suppress(Failure):
            return self._closed.read()
        return None

    def say_lost(self, error: TablesLost, then: str = "") -> None:
        """Log that tables are not those that were written: while they are rebuilt that is as it should be."""
        state = self.read()
        rebuilding = state is not None and state.kind == "rebuild"
        said = f"{self._stage}: {error}{f': {then}' if then else ''}"
        logger.log(logging.INFO if rebuilding else logging.WARNING, "%s", said)

    def say(self, error: Exception, records: Sequence[Record] = ()) -> None:
        """The stage cannot go on, because of one of these records. Raises the database's errors."""
        halted_at: dict[int, int] = {}
        for record in records:
            halted_at[record.partition] = min(record.position, halted_at.get(record.partition, record.position))
        reason = f"{error}: {WAY_OUT}" if isinstance(error, OtherLog) else str(error)
        self._closed.write(Closure("halt", f"{self._stage}: {reason}", until_passed=halted_at))

    def fill(self, upto: Mapping[int, int]) -> None:
        """The stage fills its tables again up to these positions of partitions, as nothing vouches for what is in them.

        Raises the database's errors.
        """
        if upto:
            reason = "no checkpoint vouches for the tables"
            self._closed.write(Closure("rebuild", f"{self._stage}: {reason}", until_passed=dict(upto)))

    def passed(self, reading_on: Mapping[int, int]) -> None:
        """The stage's group reads on from these positions, and has read the other partitions to their ends.

        Raises the database's errors.
        """
        halt = self._closed.own()
        if halt and all(
            reading_on.get(number, position + 1) > position for number, position in halt.until_passed.items()
        ):
            self._closed.clear()
