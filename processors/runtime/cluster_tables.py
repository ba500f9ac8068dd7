"""See to the tables of a cluster at every start of a worker: they are made where nothing vouches for them yet.

Tables that do not hold what was vouched for are not recreated here, unlike on one server: a replica that was put
in order, or brought back, has what an empty table in its place would hide. So nobody reads from them until a person has
decided, and every start looks whether that is done.
"""

from __future__ import annotations

from lrs.errors import LostData, Refused
from lrs.store import migrate, projections
from lrs.store.checkpoints import TABLE, Checkpoints
from lrs.store.closed_tables import ClosedTables, Closure
from processors.runtime.checkpoint import Positions, TablesLost
from processors.runtime.rebuild import StageTables

WAY_OUT = "put the servers in order, or have the workers fill all tables again: docs/how-to/run-a-clickhouse-cluster.md"


class ClusterTablesLost(LostData):
    """Tables of a cluster do not hold what a checkpoint vouches for."""


class ClusterTables:
    """Sees to the tables of a cluster. One at a time may do it."""

    def __init__(self, written: StageTables, closed: ClosedTables) -> None:
        self._written = written
        self._closed = closed
        self._checkpoints = Checkpoints(written.store, local=False)

    def __call__(self) -> None:
        """Make what is missing. Raises ClusterTablesLost, the log's errors, and the store's."""
        for positions in self._vouched():
            try:
                positions.resume()
            except TablesLost as error:
                reason = f"{error}: {WAY_OUT}"
                self._closed.write(Closure("halt", reason))
                raise ClusterTablesLost(reason) from None
        migrate.up(self._written.store)
        projections.create_fold_tables(self._written.store, self._written.folds)
        self._closed.clear()

    def _vouched(self) -> list[Positions]:
        """The positions of those that a checkpoint vouches for."""
        positions = [self._written.record(self._checkpoints)]
        positions += [self._written.projected(self._checkpoints, reader) for reader, _ in self._written.readers]
        try:
            return [of_reader for of_reader in positions if self._checkpoints.read(of_reader.reader, of_reader.topic)]
        except Refused:
            if not self._checkpoints.contents([], [TABLE]).missing:
                raise
            return []  # a cluster that is new
