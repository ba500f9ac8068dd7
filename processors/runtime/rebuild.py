"""Make the tables hold what the log holds, before a stage reads on: on the embedded runtime, at every start.

Tables are rebuilt beside the live ones, in a database of their own and by the same stages, and then take their names.
Those that do not hold what they should are dropped first: until the rebuilt ones take their names there is no table, so
nobody reads an empty answer from one. Writes go on meanwhile, and wait in the log.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from lrs.catalog.catalogs import Catalogs
from lrs.engine.connect import DATABASE
from lrs.errors import Refused
from lrs.log import Log
from lrs.store import migrate, projections
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from lrs.store.closed_tables import ClosedTables, Closure, rebuilding
from processors.folds.interface import Fold, fold_of, version_of
from processors.reinterpretation.follower import vouch
from processors.runtime.checkpoint import OtherLog, Position, TablesLost
from processors.runtime.replay import CHUNK, learners_since
from processors.stages.admit import Admit
from processors.stages.decide import DECISIONS
from processors.stages.fold_learners import FoldLearners
from processors.stages.silent import silent
from schemas.record import ADMIT, CATALOG, DECIDE, INDEX_BITS, OBSERVATIONS, STATEMENTS

RECORD = (  # what admit writes, and alone
    *(
        "statements",
        "agent_statements",
        "voids",
        "refs",
        "observations",
        "learners",
        "teachers",
        "names",
        "definitions",
    ),
)
BESIDE = f"{DATABASE}_rebuild"  # the database in which tables are rebuilt
VIEW = "to_agent_statements"
_BATCH = 5_000
_SAY_SECONDS = 1.0

logger = logging.getLogger(__name__)


def admit_position(log: Log, checkpoints: Checkpoints) -> Position:
    """The position of admit."""
    return Position(log, checkpoints, ADMIT, STATEMENTS, RECORD)


def fold_position(log: Log, checkpoints: Checkpoints, fold: Fold) -> Position:
    """The position of one fold, embedded."""
    return Position(log, checkpoints, fold.name, OBSERVATIONS, [fold.name])


def decide_position(log: Log, checkpoints: Checkpoints) -> Position:
    """The position of decide. It vouches for no table: the stage looks at everybody at each start."""
    return Position(log, checkpoints, DECIDE, OBSERVATIONS, [])


class Rebuild:
    """Sees to the tables of a store.

    Args:
        beside: gives the same ClickHouse with another database.
    """

    def __init__(
        self, log: Log, store: Store, beside: Callable[[str], Store], condition: ClosedTables, folds: Sequence[Fold]
    ) -> None:
        self._log = log
        self._store = store
        self._beside = beside
        self._condition = condition
        self._folds = folds
        self._checkpoints = Checkpoints(store, store.embedded)
        self._said = 0.0

    def __call__(self) -> None:
        """Rebuild what does not hold what it should. Raises OtherLog, the log's errors, and the store's."""
        if self._store.embedded:
            self._beside("system").command(f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic")
        lost = self._lost_of(admit_position(self._log, self._checkpoints))
        if lost is None and self._log.end(STATEMENTS) == 0 and not self._rows():
            self._start()
        elif lost is None or lost:
            reason = self._reason(lost)
            self._not_ahead(lost)
            with rebuilding(self._condition, reason):
                self._all(lost or {}, reason)
        else:
            migrate.up(self._store)
            for fold in self._folds:
                self._fold_where_needed(fold)
        self._condition.clear()

    def _start(self) -> None:
        """Empty tables for an empty log."""
        migrate.up(self._store)
        projections.create(self._store, self._folds)
        admit_position(self._log, self._checkpoints).advance(0)
        vouch(self._log, self._checkpoints, self._log.end(CATALOG))
        for fold in self._folds:
            fold_position(self._log, self._checkpoints, fold).advance(self._log.end(OBSERVATIONS))

    def _lost_of(self, position: Position) -> dict[str, str] | None:
        """The tables of a reader that do not hold what they should; None if there never was a checkpoint."""
        try:
            return {} if position.resume() is not None else None
        except TablesLost as error:
            return error.tables
        except Refused:  # there is no table of checkpoints, or no database
            if self._exists("checkpoints"):
                raise
            return None

    def _exists(self, table: str) -> bool:
        return table in self._checkpoints.contents([table]).uuids

    def _rows(self) -> bool:
        """Whether the record holds anything."""
        return self._exists("statements") and bool(self._store.tuples("SELECT 1 FROM statements LIMIT 1", {}))

    def _not_ahead(self, lost: dict[str, str] | None) -> None:
        """Raise OtherLog if the record holds statements that the log does not, and no checkpoint has shown it."""
        if lost is None and self._rows():
            last = int(self._store.tuples("SELECT max(sequence) FROM statements", {})[0][0]) >> INDEX_BITS
            if last >= self._log.end(STATEMENTS):
                raise OtherLog(f"{STATEMENTS} ends at {self._log.end(STATEMENTS)}, and the tables hold position {last}")

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
        self._store.command(f"DROP DATABASE IF EXISTS {BESIDE} SYNC")
        self._store.command(f"CREATE DATABASE {BESIDE} ENGINE = Atomic")
        beside = self._beside(BESIDE)
        migrate.up(beside)
        projections.create(beside, self._folds)
        end = self._admit(beside, reason)
        observed = self._log.end(OBSERVATIONS)
        for fold in self._folds:
            self._refold(FoldLearners(silent(self._log), beside, fold), beside, fold, reason)
        beside.command(f"DROP VIEW IF EXISTS {VIEW} SYNC")
        made = beside.tuples("SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY name", {})
        for (table,) in made:
            if table in DECISIONS and self._exists(table):  # the stage puts right what is not so any more
                continue
            self._take_name(f"{BESIDE}.{table}", table)
        for sql in (one for m in migrate.migrations() for one in m.up if VIEW in one):
            self._store.command(sql)
        self._store.command(f"DROP DATABASE {BESIDE} SYNC")
        admit_position(self._log, self._checkpoints).advance(end)
        vouch(self._log, self._checkpoints, catalog)
        for fold in self._folds:
            fold_position(self._log, self._checkpoints, fold).advance(observed)
        logger.warning("every table is rebuilt: %d records of statements", end)

    def _admit(self, beside: Store, reason: str) -> int:
        """Put all statements into the record of another database; gives the position after them."""
        # Observations were sent on before, or are folded from their table below.
        stage = Admit(silent(self._log), beside, Catalogs(self._log))
        position = 0
        while records := self._log.read(STATEMENTS, position, _BATCH):
            stage.handle(records)
            position = records[-1].position + 1
            self._say(reason, "records of statements", position, self._log.end(STATEMENTS))
        return position

    def _fold_where_needed(self, fold: Fold) -> None:
        """One fold's table, from the history."""
        position = fold_position(self._log, self._checkpoints, fold)
        try:
            lost = self._lost_of(position)
        except OtherLog as error:  # observations follow from the statements, which are the ones that were read
            lost = {fold.name: str(error)}
        if lost == {} and not projections.outdated(self._store, fold):
            if not self._made_otherwise(fold):
                return
            reason = f"table {fold.name} was not made with the active weights"
        else:
            reason = self._reason(lost) if lost else f"table {fold.name} is new, or has other columns than it had"
        logger.warning("rebuilding %s: %s", fold.name, reason)
        with rebuilding(self._condition, reason):
            self._store.command(f"DROP TABLE IF EXISTS {fold.name} SYNC")
            beside = projections.replay_table(fold)
            self._store.command(f"DROP TABLE IF EXISTS {beside} SYNC")
            self._store.command(projections.definition(fold, beside))
            observed = self._log.end(OBSERVATIONS)
            project = FoldLearners(silent(self._log), self._store, fold, table=beside)
            self._refold(project, self._store, fold, reason)
            self._take_name(beside, fold.name)
            fold_position(self._log, self._checkpoints, fold).advance(observed)

    def _made_otherwise(self, fold: Fold) -> bool:
        """Whether a learner's rows were made with other weights than the tenant's: an activation was cut short."""
        rows = self._store.tuples(
            f"SELECT DISTINCT tenant, JSONExtractString(mark, 'made_with') FROM {fold.name} FINAL "
            "WHERE key = '' ORDER BY tenant",
            {},
        )
        return any(made_with != version_of(fold_of(fold, tenant)) for tenant, made_with in rows)

    def _refold(self, project: FoldLearners, store: Store, fold: Fold, reason: str) -> None:
        learners = learners_since(store, since=-1)
        for start in range(0, len(learners), CHUNK):
            project.write(project.refold({learner: [] for learner in learners[start : start + CHUNK]}))
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
            self._condition.write(Closure("rebuild", reason, step, done, total))
            logger.info("rebuilding: %d of %d %s", done, total, step)
