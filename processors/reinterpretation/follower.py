"""Follows the catalog, and has the past read again where a change asks for it. One a deployment.

The change is the event; what it does can be done again. So whoever is killed on the way leaves the live tables as they
were, and the next one does all of it: the checkpoint is written when the rows are in the live tables. What was
retracted is asked for by queries here; what differs is found by `observation_differences`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

from lrs.catalog.catalogs import AcceptedChange, Catalogs
from lrs.clock import system_time
from lrs.log import Log, OtherLog
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from processors.folds.interface import Fold
from processors.meaning.version import INTERPRETATION
from processors.reinterpretation.accepted_catalog import AcceptedCatalog, first_accepted
from processors.reinterpretation.applied import applied_position, write_checkpoint
from processors.reinterpretation.joined_classes import join_classes
from processors.reinterpretation.learned_parents import learn_parents
from processors.reinterpretation.observation_differences import (
    ObservationDifferences,
    Reinterpreter,
    RereadProgress,
    StopAsked,
    reread_version,
)
from processors.reinterpretation.tables_beside import OBSERVATIONS_BESIDE, RereadTables
from processors.reinterpretation.touched import Touched, first_not_applied, touched
from processors.runtime.arrivals import Arrivals
from processors.runtime.delivery import ReadsClosure, pause
from processors.runtime.hold import Hold, Stalled
from processors.runtime.idle import Waits
from processors.stages import observation_table
from schemas.catalog import PartOf
from schemas.envelope import Unreadable
from schemas.observation import decode_observations
from schemas.reading import Reinterpret
from schemas.record import MOVED, OBSERVATIONS, REINTERPRET, STATEMENTS

APPLIED = (PartOf, Reinterpret)  # changes that have the past read again
LEARN_SECONDS = 60.0  # between looks at what statements say of items and classes …
LEARN_SHARE = 50.0  # … and so many times as long as a look takes
FEW = 100  # persons that may be folded while the stages are held
_REREAD_PASSES = 5  # over what came meanwhile, before the stages are held for the rest

logger = logging.getLogger(__name__)


class TenantReread(NamedTuple):
    """What was read again of a tenant, and how long it took."""

    tenant: str
    found: ObservationDifferences
    seconds: float


class Follower:
    """Applies changes to the past.

    Args:
        hold: how the stages are held meanwhile.
        alone: keeps others from swapping tables.
        closed: says whether others rebuild tables.
    """

    def __init__(
        self,
        log: Log,
        store: Store,
        folds: Sequence[Fold],
        hold: Hold,
        stop: threading.Event,
        alone: Callable[[], AbstractContextManager[None]] = nullcontext,
        closed: ReadsClosure | None = None,
    ) -> None:
        self._closed = closed
        self._log = log
        self._store = store
        self._folds = folds
        self._hold = hold
        self._stop = stop
        self._alone = alone
        self._catalogs = Catalogs(log)
        self._learns_at = time.monotonic() + LEARN_SECONDS
        self._seen: list[int] = []  # where observations ended when they were learned from
        self._checkpoints = Checkpoints(store, store.embedded)
        self._applied_to = 0  # as far as was seen: who idles asks the store nothing

    def run(self, idle: Waits) -> None:
        """Until it is stopped; whatever fails is done again, but for OtherLog, which is raised."""
        failures = 0
        while not self._stop.is_set():
            try:
                moved = self.once()
                failures = 0
            except StopAsked:
                return
            except OtherLog:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is passed over
                failures += 1
                self._stop.wait(pause(REINTERPRET, error, failures, self._closed))
                continue
            if moved:
                idle.moved()
            elif not self._learn():
                idle.wait()

    def _learn(self) -> bool:
        """Learn what items are a part of and who joined a class, now and then; whether there was anything to learn."""
        if time.monotonic() < self._learns_at:
            return False
        started = time.monotonic()
        learned = 0
        if (observation_ends := self._log.ends(OBSERVATIONS)) != self._seen:
            now = system_time()
            learned = learn_parents(self._store, self._catalogs, now) + join_classes(self._store, self._catalogs, now)
            self._seen = observation_ends
        ended = time.monotonic()
        self._learns_at = ended + max(LEARN_SECONDS, LEARN_SHARE * (ended - started))
        return learned > 0

    def once(self, progress: RereadProgress = lambda done, of: None) -> list[TenantReread] | None:
        """Apply what is not applied yet; None if the catalog has not changed.

        Raises StopAsked, OtherLog where the catalog ends before what is applied, the log's errors and the store's.
        """
        if not self.check():
            return None
        end = self._catalogs.position
        with self._alone():
            applied_to = applied_position(self._checkpoints)  # another may have done it while this one waited
            if applied_to >= end:
                return None
            done = []
            for tenant in self._catalogs.tenants():
                changes = self._catalogs.changes(tenant)
                if any(
                    recorded.position >= applied_to and isinstance(recorded.change, APPLIED) for recorded in changes
                ):
                    done.append(self._apply(tenant, changes, applied_to, end, progress))
            write_checkpoint(self._log, self._checkpoints, end)
        return done

    def check(self) -> bool:
        """Whether there may be something to apply. Raises OtherLog, the log's errors and the store's."""
        self._catalogs.follow()
        if self._catalogs.position == self._applied_to:
            return False
        self._applied_to = applied_position(self._checkpoints)
        self._catalogs.reach(self._applied_to)
        return self._applied_to < self._catalogs.position

    def _apply(
        self, tenant: str, changes: Sequence[AcceptedChange], applied_to: int, end: int, progress: RereadProgress
    ) -> TenantReread:
        started = time.monotonic()
        arrivals = Arrivals(self._log, self._hold.wait_until_folded())  # these are read with the changes
        concerned = self._touched(tenant, changes, applied_to)
        tables = RereadTables(self._log, self._store, self._folds, self._catalogs, end)
        with tables.made():
            differences = self._again(tenant, changes, end).read(concerned, progress)
            differences.add_unknown_differences(read_since(self._store, tenant, applied_to))
            tables.fold(tenant, differences, self._stop.is_set)
            if differences.learners:
                for _ in range(_REREAD_PASSES):  # what comes meanwhile: less each time
                    if tables.fold_late(tenant, differences, _announced(arrivals, tenant)) <= FEW:
                        break
                with self._hold.stages_held():
                    tables.fold_late(tenant, differences, _announced(arrivals, tenant))
                    self._move(tables, applied_to)
        seconds = time.monotonic() - started
        logger.info(
            "reinterpreted: %d statements read again in %.1f s, %d observations of %d learners changed",
            differences.statements,
            seconds,
            differences.observations,
            len(differences.learners),
        )
        return TenantReread(tenant, differences, seconds)

    def _move(self, tables: RereadTables, applied_to: int) -> None:
        """Move the rows, and tell whoever looks at checkpoints that there are others: before, as this may be cut short,
        and after, as whoever looks in between reads the old ones."""
        if applied_position(self._checkpoints) != applied_to:
            raise Stalled("the tables were recreated meanwhile")
        write_checkpoint(self._log, self._checkpoints, applied_to, MOVED)
        tables.move()
        write_checkpoint(self._log, self._checkpoints, applied_to, MOVED)

    def _touched(self, tenant: str, changes: Sequence[AcceptedChange], applied_to: int) -> Touched:
        latest = self._catalogs.latest(tenant)
        again = [
            recorded
            for recorded in changes
            if recorded.position >= applied_to and isinstance(recorded.change, Reinterpret)
        ]
        if not again:
            parts = [recorded for recorded in changes if isinstance(recorded.change, PartOf)]
            return touched(parts, applied_to, latest)
        concerned = touched(
            [
                recorded
                for recorded in changes
                if recorded.position <= again[-1].position or isinstance(recorded.change, PartOf)
            ],
            first_not_applied(changes, again[0].position, *first_accepted(self._log, self._store, tenant)),
            latest,
        )
        concerned.everything = concerned.everything or by_older_interpretation(self._log, changes, again[0].position)
        return concerned

    def _again(self, tenant: str, changes: Sequence[AcceptedChange], end: int) -> Reinterpreter:
        last = [(recorded.position, recorded.time) for recorded in changes if isinstance(recorded.change, Reinterpret)]
        accepted = AcceptedCatalog(self._log, last[-1] if last else None)
        return Reinterpreter(
            self._store,
            tenant,
            lambda row: self._catalogs.at(tenant, accepted(row)),
            reread_version(end - 1),
            OBSERVATIONS_BESIDE,
            self._log.partitions(STATEMENTS) > 1,
            self._stop.is_set,
        )


def _announced(arrivals: Arrivals, tenant: str) -> set[str]:
    return {person for whose, person in arrivals.announced() if whose == tenant}


def read_since(store: Store, tenant: str, position: int) -> set[str]:
    """Whose observations are read again because of changes from a position on, but perhaps not folded again."""
    rows = store.tuples(
        "SELECT DISTINCT person FROM observations "
        "WHERE tenant = %(tenant)s AND version >= %(first)s AND version < %(retracted)s",
        {"tenant": tenant, "first": reread_version(position), "retracted": observation_table.RETRACTED[0]},
    )
    return {row[0] for row in rows}


def by_older_interpretation(log: Log, changes: Sequence[AcceptedChange], before: int) -> bool:
    """Whether observations may be those of an older version of interpretation."""
    versions = [
        recorded.change.interpretation
        for recorded in changes
        if isinstance(recorded.change, Reinterpret) and recorded.position < before
    ]
    if versions:
        return versions[-1] != INTERPRETATION
    for partition, start in enumerate(log.starts(OBSERVATIONS)):
        for record in log.partition(partition).read(OBSERVATIONS, start, 1):
            try:
                if decode_observations(record.value).interpretation != INTERPRETATION:
                    return True
            except Unreadable:
                return True
    return False
