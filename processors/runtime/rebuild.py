"""Make the tables hold what the log holds, before a stage reads on: at every start of a process that writes them.

Tables are rebuilt beside the live ones, in a database of their own and by the same stages, and then take their names.
Those that do not hold what they should are dropped first: until the rebuilt ones take their names there is no table, so
nobody reads an empty answer from one. Writes go on meanwhile, and wait in the log. On Kafka one process rebuilds and
others may still be at work: what they write to tables that are replaced is vouched for by no checkpoint, so it is
handled again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lrs.catalog.catalogs import Catalogs
from lrs.log import Log, OtherLog, Truncated
from lrs.store import migrate, projections
from lrs.store.checkpoints import TABLE, Checkpoints
from lrs.store.client import NoDatabase, Store
from lrs.store.closed_tables import ClosedTables, Closure, rebuilding
from processors.folds.interface import Fold, fold_of, version_of
from processors.reinterpretation.applied import write_checkpoint
from processors.runtime.checkpoint import Position, Positions, TablesLost
from processors.runtime.merge import merged
from processors.runtime.replay import CHUNK
from processors.stages.decide import DECISIONS
from processors.stages.fold_learners import FoldLearners
from processors.stages.silent_log import silent
from processors.stages.stage import Stage
from processors.stages.who_is_who import PeopleSnapshot, persons_of, seen
from schemas.record import ADMIT, CATALOG, DECIDE, OBSERVATIONS, PEOPLE, PROJECT, STATEMENTS, position_of

RECORD = (  # what admit writes, and alone
    "statements",
    "agent_statements",
    "voids",
    "refs",
    "observations",
    "learners",
    "teachers",
    "names",
    "definitions",
)
VIEW = "to_agent_statements"  # fills agent_statements
_SAY_SECONDS = 1.0

logger = logging.getLogger(__name__)


def admit_position(log: Log, checkpoints: Checkpoints) -> Position:
    """The position of admit, embedded."""
    return Position(Positions(log, checkpoints, ADMIT, STATEMENTS, RECORD, [VIEW]))


def people_position(log: Log, checkpoints: Checkpoints) -> Position:
    """The position of people, which writes no table."""
    return Position(Positions(log, checkpoints, PEOPLE, CATALOG, []))


def project_position(log: Log, checkpoints: Checkpoints, folds: Sequence[Fold]) -> Position:
    """The position of project, embedded."""
    return Position(Positions(log, checkpoints, PROJECT, OBSERVATIONS, [fold.name for fold in folds]))


def decide_position(log: Log, checkpoints: Checkpoints) -> Position:
    """The position of decide. It vouches for no table: the stage looks at everybody at each start."""
    return Position(Positions(log, checkpoints, DECIDE, OBSERVATIONS, []))


@dataclass(frozen=True, slots=True)
class StageTables:
    """What the stages of a runtime write. `readers` project, each its folds; `admit` makes the stage that writes the
    record of another store again, and tells nobody."""

    log: Log
    store: Store
    readers: Sequence[tuple[str, Sequence[Fold]]]
    admit: Callable[[Store], Stage]

    @property
    def folds(self) -> list[Fold]:
        return [fold for _, folds_of_reader in self.readers for fold in folds_of_reader]

    def record(self, checkpoints: Checkpoints) -> Positions:
        """The positions of admit."""
        return Positions(self.log, checkpoints, ADMIT, STATEMENTS, RECORD, [VIEW])

    def projected(self, checkpoints: Checkpoints, reader: str) -> Positions:
        """The positions of one that projects."""
        tables = [fold.name for fold in dict(self.readers)[reader]]
        return Positions(self.log, checkpoints, reader, OBSERVATIONS, tables)


class Rebuild:
    """Sees to the tables of a store. One at a time may do it."""

    def __init__(self, written: StageTables, closed: ClosedTables, forget: Callable[[], None] = lambda: None) -> None:
        """`forget` is called before the tables open: what was read of those before them does not hold."""
        self._written = written
        self._log = written.log
        self._store = written.store
        self._closed = closed
        self._forget = forget
        self._checkpoints = Checkpoints(self._store, self._store.embedded)
        self._said = 0.0

    def __call__(self) -> None:
        """Rebuild what does not hold what it should. Raises OtherLog, the log's errors, and the store's."""
        self._make_database()
        self._log.partitions(STATEMENTS, fresh=True)
        self._log.partitions(OBSERVATIONS, fresh=True)
        lost = self._lost_of(self._written.record(self._checkpoints))
        if lost is None and not any(self._log.ends(STATEMENTS)) and not self._rows():
            self._start()
        elif lost is None or lost:
            reason = self._reason(lost)
            self._not_ahead(lost)
            with rebuilding(self._closed, reason):
                self._all(lost or {}, reason)
        else:
            migrate.up(self._store)
            for reader, folds in self._written.readers:
                self._folds_where_needed(reader, folds)
        self._forget()
        self._closed.clear()

    def _make_database(self) -> None:
        try:
            self._checkpoints.contents([TABLE])
        except NoDatabase:
            migrate.make_database(self._store)

    def _start(self) -> None:
        """Empty tables for an empty log."""
        migrate.up(self._store)
        projections.create_fold_tables(self._store, self._written.folds)
        admitted = dict.fromkeys(self._ends(STATEMENTS), 0)
        self._vouch(self._checkpoints, admitted, self._ends(OBSERVATIONS), self._log.end(CATALOG))

    def _vouch(
        self, checkpoints: Checkpoints, admitted: dict[int, int], observed: dict[int, int], catalog: int
    ) -> None:
        """Vouch for all tables, up to positions of the statements, of the observations and of the catalog."""
        self._written.record(checkpoints).begin_again(admitted)
        write_checkpoint(self._log, checkpoints, catalog)
        for reader, _ in self._written.readers:
            self._written.projected(checkpoints, reader).begin_again(observed)

    def _ends(self, topic: str) -> dict[int, int]:
        return dict(enumerate(self._log.ends(topic)))

    def _lost_of(self, positions: Positions) -> dict[str, str] | None:
        """The tables of a reader that do not hold what they should; None if there never was a checkpoint."""
        try:
            return {} if positions.resume() else None
        except TablesLost as error:
            return None if error.tables.keys() == {TABLE} else error.tables

    def _exists(self, table: str) -> bool:
        return not self._checkpoints.contents([table]).missing

    def _rows(self) -> bool:
        """Whether the record holds anything."""
        return self._exists("statements") and bool(self._store.tuples("SELECT 1 FROM statements LIMIT 1", {}))

    def _not_ahead(self, lost: dict[str, str] | None) -> None:
        """Raise OtherLog if the tables may hold statements that the log does not, and no checkpoint has shown it."""
        rows_there = lost is None and self._rows()  # of tables that are lost nothing is asked: they may not answer
        if rows_there or lost is not None:
            for partition, start in enumerate(self._log.starts(STATEMENTS)):
                if start:
                    raise OtherLog(
                        f"partition {partition} of {STATEMENTS} begins at {start}: what lies before is in no log"
                    )
        if rows_there:
            ends = self._ends(STATEMENTS)
            for partition, sequence in self._store.tuples(
                "SELECT partition, max(sequence) FROM statements GROUP BY partition", {}
            ):
                if position_of(sequence) >= ends.get(partition, 0):
                    raise OtherLog(
                        f"partition {partition} of {STATEMENTS} ends at {ends.get(partition, 0)}, and the tables hold "
                        f"position {position_of(sequence)}"
                    )

    def _reason(self, lost: dict[str, str] | None) -> str:
        return str(TablesLost(lost)) if lost else "no checkpoint vouches for the tables"

    def _all(self, lost: dict[str, str], reason: str) -> None:
        """Every table, from the statements."""
        logger.warning("rebuilding every table: %s", reason)
        catalog = self._log.end(CATALOG)
        # Queries of these tables fail until they are rebuilt.
        self._store.command(f"DROP VIEW IF EXISTS {VIEW} SYNC")
        for table in lost:
            self._store.command(f"DROP TABLE IF EXISTS {table} SYNC")
        database = f"{self._store.database}_rebuild"
        self._store.command(f"DROP DATABASE IF EXISTS {database} SYNC")
        self._store.command(f"CREATE DATABASE {database} ENGINE = Atomic")
        beside = self._store.beside(database)
        migrate.up(beside)
        projections.create_fold_tables(beside, self._written.folds)
        admitted = self._admit(beside, reason)
        observed = self._ends(OBSERVATIONS)
        for fold in self._written.folds:
            self._refold(beside, fold, fold.name, reason)
        self._vouch(Checkpoints(beside, beside.embedded), admitted, observed, catalog)
        self._take_names(beside)
        self._store.command(f"DROP DATABASE {database} SYNC")
        self._confirm(admitted, observed)
        logger.warning("every table is rebuilt: %d records of statements", sum(admitted.values()))

    def _take_names(self, beside: Store) -> None:
        """Give the tables of another database the names of the live ones; the checkpoints last, as they vouch for all.

        In between, whoever still writes finds tables that no checkpoint vouches for.
        """
        beside.command(f"DROP VIEW IF EXISTS {VIEW} SYNC")
        table_names = beside.tuples(
            "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name", {}
        )
        for table in sorted((name for (name,) in table_names), key=lambda name: (name == TABLE, name)):
            if table == TABLE:
                for sql in (
                    sql_of_view
                    for migration in migrate.migrations()
                    for sql_of_view in migration.up
                    if VIEW in sql_of_view
                ):
                    self._store.command(sql)
            if table in DECISIONS and self._exists(table):  # the stage puts right what is not so any more
                continue
            self._take_name(f"{beside.database}.{table}", table)

    def _confirm(self, admitted: dict[int, int], observed: dict[int, int]) -> None:
        """Vouch again where one who wrote at the moment of the change vouched for a table that was replaced."""
        positions = [self._written.record(self._checkpoints)]
        positions += [self._written.projected(self._checkpoints, reader) for reader, _ in self._written.readers]
        for stage_position, reached in zip(positions, [admitted, *[observed] * (len(positions) - 1)], strict=True):
            try:
                stage_position.resume()
            except TablesLost:
                stage_position.begin_again(reached)

    def _admit(self, beside: Store, reason: str) -> dict[int, int]:
        """Put all statements into the record of another database; gives the positions after them.

        Observations were sent on before, or are folded from their table below.
        """
        stage = self._written.admit(beside)
        positions = dict(enumerate(self._log.starts(STATEMENTS)))
        admitted_before: dict[int, int] = {}
        while positions != admitted_before:  # what was appended meanwhile: less each time
            admitted_before = dict(positions)
            for records in merged(self._log, STATEMENTS, positions):
                stage.handle(records)
                records_in_log = sum(self._log.ends(STATEMENTS))
                self._say(reason, "records of statements", sum(positions.values()) + len(records), records_in_log)
        return positions

    def _folds_where_needed(self, reader: str, folds: Sequence[Fold]) -> None:
        """The tables of one that projects, from the history."""
        positions = self._written.projected(self._checkpoints, reader)
        try:
            lost = self._lost_of(positions)
        except (OtherLog, Truncated) as error:  # they follow from the statements, which are those that were read
            lost = {fold.name: str(error) for fold in folds}
        folds_to_rebuild = [(fold, why) for fold in folds if (why := self._why(fold, lost))]
        if not folds_to_rebuild:
            return
        reason = "; ".join(dict.fromkeys(why for _, why in folds_to_rebuild))
        with rebuilding(self._closed, reason):
            observed = self._ends(OBSERVATIONS)
            for fold, _ in folds_to_rebuild:
                self._fold(fold, reason)
            if len(folds_to_rebuild) == len(folds):
                positions.begin_again(observed)
            else:
                positions.replaced()

    def _why(self, fold: Fold, lost: dict[str, str] | None) -> str:
        """Why a fold's table must be rebuilt; "" if it need not be."""
        if lost is None or fold.name in lost:
            return self._reason(lost)
        if projections.is_outdated(self._store, fold):
            return f"table {fold.name} is new, or has other columns than it had"
        return f"table {fold.name} was not made with the active weights" if self._made_otherwise(fold) else ""

    def _fold(self, fold: Fold, reason: str) -> None:
        """One fold's table, from the history."""
        logger.warning("rebuilding %s: %s", fold.name, reason)
        self._store.command(f"DROP TABLE IF EXISTS {fold.name} SYNC")
        beside = projections.replay_table(fold)
        self._store.command(f"DROP TABLE IF EXISTS {beside} SYNC")
        self._store.command(projections.fold_table_sql(fold, beside))
        self._refold(self._store, fold, beside, reason)
        self._take_name(beside, fold.name)

    def _made_otherwise(self, fold: Fold) -> bool:
        """Whether a learner's rows were made with other weights than the tenant's: an activation was cut short."""
        table_rows = self._store.tuples(
            f"SELECT DISTINCT tenant, JSONExtractString(mark, 'made_with') FROM {fold.name} FINAL "
            "WHERE key = '' ORDER BY tenant",
            {},
        )
        return any(made_with != version_of(fold_of(fold, tenant)) for tenant, made_with in table_rows)

    def _refold(self, store: Store, fold: Fold, table: str, reason: str) -> None:
        """Fill a table, with everybody as the catalog says now: whatever changes later is announced later."""
        catalogs = Catalogs(self._log)
        catalogs.follow()
        people = PeopleSnapshot(catalogs.people)
        project = FoldLearners(silent(self._log), store, fold, catalogs, table=table)
        learners = persons_of(seen(store), people)
        for start in range(0, len(learners), CHUNK):
            project.write(project.refold({learner: [] for learner in learners[start : start + CHUNK]}, people))
            project.reset()
            self._say(reason, f"learners of {fold.name}", start, len(learners))

    def _take_name(self, table: str, name: str) -> None:
        if self._exists(name):
            self._store.command(f"EXCHANGE TABLES {table} AND {name}")
        else:
            self._store.command(f"RENAME TABLE {table} TO {name}")

    def _say(self, reason: str, step: str, done: int, total: int) -> None:
        if time.monotonic() - self._said > _SAY_SECONDS:
            self._said = time.monotonic()
            self._closed.write(Closure("rebuild", reason, step, done, total))
            logger.info("rebuilding: %d of %d %s", done, total, step)
