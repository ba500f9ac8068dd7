"""The two runtimes, chosen once: what differs between one machine and Kafka is here, and nowhere asked again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import ActiveWeights
from lrs.clock import system_time
from lrs.errors import Full
from lrs.files import probe_room
from lrs.log import Log, UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.processes.runtime import CATALOG_SECONDS, Runtime
from lrs.record.appender import BundleAppender, IndexedAppender, PartitionedAppender
from lrs.record.stored_times import PartitionTimes, RecordTimes, StoredTimes
from lrs.store.checkpoints import TABLE, Checkpoints
from lrs.store.client import Store
from lrs.store.failing_tenants import FailingTenantsFile
from lrs.store.gate import GATES, FileGate, TableGate
from lrs.store.recent_states import RecentStates
from lrs.store.replay_turn import file_turn
from processors.folds.interface import Fold
from processors.folds.mastery import Mastery
from processors.folds.registry import all_folds, fold_names
from processors.reinterpretation.applied import applied_position
from processors.runtime import lag
from processors.runtime.checkpoint import Positions
from processors.runtime.delivery import ReadsClosure
from processors.runtime.group_reader import Committed, NamedTopics
from processors.runtime.hold import ADMIT_HELD_SECONDS, HoldByGates
from processors.runtime.rebuild import StageTables
from processors.runtime.replay import NOTHING, AroundSwap, FoldReaders, Replayed, ReplayProgress, replay
from processors.stages.announce_people import AnnouncePeople
from processors.stages.dead_letters import DeadLetters
from processors.stages.decide import Decide
from processors.stages.project import Project
from processors.stages.silent_log import silent
from processors.stages.stage import Stage
from schemas.record import ADMIT, CATALOG, DECIDE, DIRECT, INTAKE, OBSERVATIONS, PEOPLE, PROJECT, STATEMENTS

if TYPE_CHECKING:
    from lrs.record.finder import Finder
    from processors.reinterpretation.follower import Follower

# Most commands only ask a runtime where its log and tables are: what takes long to import is imported where it is used.

ROOM_BYTES = 1 << 20  # without room for so many, an append may be refused: nothing can be written
TABLES = "tables"  # the gate of whoever swaps tables, or moves rows into them


@dataclass(frozen=True, slots=True)
class Serving:
    """What an API process needs of its runtime. `voided` is called with what was voided here (see Recorder); `retry`
    hands a dead letter to admit again, or raises NotRetried."""

    finder: Finder
    storing: BundleAppender
    voided: Callable[[str, Sequence[str], int | None], None]
    stored_times: Callable[[], StoredTimes]
    freshness: Callable[[], dict[str, Any]]
    log_answers: Callable[[], bool]
    close: Callable[[], None]
    recent_states: RecentStates | None = None  # of mastery; None where the processors may be on other machines


class Mode(Protocol):
    """A runtime. `groups` read on the way of an event, each with its topic; admit is the first."""

    @property
    def log(self) -> Log: ...

    @property
    def store(self) -> Store: ...

    @property
    def groups(self) -> lag.Groups: ...

    def storing(self) -> BundleAppender:
        """How statements are stored, for one that imports them."""

    def stored_times(self) -> StoredTimes:
        """What tells when the statements of a record were stored; for one thread."""

    def logged(self) -> Callable[[Sequence[UniqueId]], list[bool]]:
        """What tells which statements the log holds, looked up now. Raises Unavailable."""

    def accept_log(self, missing: Mapping[int, int]) -> None:
        """Go on with the log as it is, whatever was read of it before. Raises the log's errors, and the store's.

        Args:
            missing: by partition, the first position of which the tables hold a statement that the log lacks.
        """

    def serving(self, clock: Callable[[], int]) -> Serving:
        """The parts of an API process. `clock`: µs since the epoch. Raises Unavailable."""

    def folds(self) -> list[Fold]:
        """Every fold, each tenant's with its active weights. Raises BadFold."""

    def replay(self, fold: Fold, verify: bool, progress: ReplayProgress, swap: AroundSwap = NOTHING) -> Replayed:
        """Rebuild a fold's table. Raises ReplayUnderWay, Stalled, and the errors of store, log and database."""

    def reinterpret(self, position: int, wait: float) -> bool:
        """Have the change of the catalog at a position applied to the past; whether it is after so many seconds.

        Raises Stalled, and the errors of store and log.
        """


class Embedded:
    """Everything on this machine: a log of one partition that knows ids and answers in microseconds."""

    def __init__(self, log: SqliteLog, store: Store, runtime: Runtime) -> None:
        self.log = log
        self.store = store
        self._runtime = runtime
        self._data = runtime.data
        self.catalogs = Catalogs(log)
        self.groups: lag.Groups = [(ADMIT, STATEMENTS), (PROJECT, OBSERVATIONS), (PEOPLE, CATALOG)]

    def stages(self) -> list[Stage]:
        """The stages of the way of an event, in order."""
        from processors.stages.admit import Admit

        log, store, catalogs = self.log, self.store, self.catalogs
        stages: list[Stage] = [Admit(log, store, catalogs, gate=self._gate(ADMIT))]
        recent = {Mastery.name: self.recent_states()}
        stages.append(Project(log, store, self.folds(), catalogs, self._fold_gates(), recent))
        stages.append(AnnouncePeople(log, store, gate=self._gate(ADMIT)))
        return [*stages, Decide(log, store, catalogs, PROJECT, system_time, FailingTenantsFile(self._data))]

    def stored_times(self) -> StoredTimes:
        return RecordTimes()

    def logged(self) -> Callable[[Sequence[UniqueId]], list[bool]]:
        return lambda ids: [self.log.find(STATEMENTS, statement_id) is not None for statement_id in ids]

    def accept_log(self, missing: Mapping[int, int]) -> None:
        from lrs.processes.stamps import Stamps

        self.log.begin_epoch(STATEMENTS)
        Stamps(self._runtime).accept(self.log)

    def written(self) -> StageTables:
        """What the stages write."""

        def admit(store: Store) -> Stage:
            from processors.stages.admit import Admit

            return Admit(silent(self.log), store, self.catalogs, again=True)

        return StageTables(self.log, self.store, [(PROJECT, self.folds())], admit)

    def storing(self) -> BundleAppender:
        return IndexedAppender(self.log)

    def serving(self, clock: Callable[[], int]) -> Serving:
        from lrs.record.embedded_finder import EmbeddedFinder

        finder = EmbeddedFinder(self.log, self.store)
        return Serving(
            finder=finder,
            storing=self.storing(),
            voided=finder.voided,
            stored_times=self.stored_times,
            freshness=lambda: lag.freshness(self.log, self.groups, clock()),
            log_answers=self._log_answers,
            close=self.log.close,
            recent_states=self.recent_states(),
        )

    def _log_answers(self) -> bool:
        self.log.check()
        folder = self._data / "log"
        try:
            probe_room(folder, ROOM_BYTES)
        except OSError as error:
            raise Full(f"nothing can be written to {folder} ({error.strerror}): make room") from error
        return True

    def folds(self) -> list[Fold]:
        return all_folds(ActiveWeights(self.catalogs))

    def replay(self, fold: Fold, verify: bool, progress: ReplayProgress, swap: AroundSwap = NOTHING) -> Replayed:
        hold = HoldByGates(self.log, PROJECT, self._gate(ADMIT), [self._gate(fold.name)], ADMIT_HELD_SECONDS)
        group, alone = FoldReaders(PROJECT, fold_names()), self._gate(TABLES).shut
        with file_turn(self._data / "gates", fold.name):
            return replay(self.log, self.store, fold, self.catalogs, group, hold, alone, verify, progress, swap)

    def reinterpret(self, position: int, wait: float) -> bool:
        """As in Mode: the processors do it."""
        checkpoints = Checkpoints(self.store, self.store.embedded)
        deadline = time.monotonic() + wait
        while applied_position(checkpoints) <= position:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def follower(self, stop: threading.Event) -> Follower:
        """What applies changes of the catalog to the past."""
        from processors.reinterpretation.follower import Follower

        hold = HoldByGates(self.log, PROJECT, self._gate(ADMIT), list(self._fold_gates().values()))
        return Follower(self.log, self.store, self.folds(), hold, stop, self._gate(TABLES).shut)

    def _fold_gates(self) -> dict[str, TableGate]:
        return {name: self._gate(name) for name in fold_names()}

    def _gate(self, stage: str) -> FileGate:
        """The gate that a stage passes with every batch."""
        return FileGate(self._data / GATES / stage)

    def recent_states(self) -> RecentStates:
        return RecentStates(self._data / GATES, self._gate(Mastery.name))


class Distributed:
    """Kafka: a log of many partitions, which knows no ids, read by workers in consumer groups."""

    def __init__(self, log: NamedTopics, store: Store, database: str) -> None:
        self.log = log
        self.store = store
        self._database = database
        self.groups: lag.Groups = [(ADMIT, STATEMENTS), (PROJECT, OBSERVATIONS), (PEOPLE, CATALOG)]

    def admit(self) -> Stage:
        """The stage admit, for a worker."""
        from processors.stages.admit import Admit
        from processors.stages.deduplicate import Deduplicate

        deduplicate = Deduplicate(self.log, self.store, DeadLetters(self.log, ADMIT, STATEMENTS))
        catalogs = Catalogs(self.log, CATALOG_SECONDS)
        return Admit(self.log, self.store, catalogs, self.stored_times(), deduplicate, self._gate(ADMIT))

    def project(self) -> Stage:
        """The stage project, for a worker."""
        return Project(self.log, self.store, self.folds(), Catalogs(self.log))

    def people(self) -> Stage:
        """The stage people, for a worker."""
        return AnnouncePeople(self.log, self.store, self._gate(ADMIT))

    def decide(self) -> Stage:
        """The stage decide, for a worker."""
        from lrs.store.shared_failing_tenants import SharedFailingTenants

        failing = SharedFailingTenants(self._database)
        return Decide(self.log, self.store, Catalogs(self.log), PROJECT, system_time, failing)

    def stored_times(self) -> StoredTimes:
        return PartitionTimes(self.log, self.store)

    def logged(self) -> Callable[[Sequence[UniqueId]], list[bool]]:
        from lrs.record.logged_ids import LoggedIds

        return LoggedIds(self.log).holds

    def accept_log(self, missing: Mapping[int, int]) -> None:
        from lrs.record.least_stored import keep_least_stored

        checkpoints = Checkpoints(self.store, self.store.embedded)
        if not checkpoints.contents(["statements"], [TABLE]).missing:
            identity = self.log.identity(STATEMENTS)
            read = checkpoints.read(ADMIT, STATEMENTS)
            recreated = {number for number, checkpoint in read.items() if checkpoint.log != identity}
            keep_least_stored(self.log, self.store, recreated, missing)
        self.log.accept(INTAKE, DIRECT)
        self.log.accept(DECIDE, OBSERVATIONS)

    def written(self) -> StageTables:
        """What the stages write."""

        def admit(store: Store) -> Stage:
            from processors.stages.admit import Admit
            from processors.stages.deduplicate import Deduplicate

            quiet = silent(self.log)
            deduplicate = Deduplicate(quiet, store, DeadLetters(quiet, ADMIT, STATEMENTS), alone=True)
            times = PartitionTimes(self.log, store)
            return Admit(quiet, store, Catalogs(self.log), times, deduplicate, again=True)

        return StageTables(self.log, self.store, [(PROJECT, self.folds())], admit)

    def positions(self, stage: Stage) -> Committed | Positions:
        """Where the group of a stage reads on."""
        # intake writes to no table, and decide looks at everybody at each start
        if stage.group in (INTAKE, DECIDE):
            return Committed(self.log, stage.group, stage.topic)
        checkpoints = Checkpoints(self.store, self.store.embedded)
        if stage.group == PEOPLE:  # whose rows are those of who folds: they lack what a catalog that is older lacks
            return Positions(self.log, checkpoints, PEOPLE, CATALOG, [])
        written = self.written()
        return written.record(checkpoints) if stage.group == ADMIT else written.projected(checkpoints, PROJECT)

    def storing(self) -> BundleAppender:
        return PartitionedAppender(self.log)

    def serving(self, clock: Callable[[], int]) -> Serving:
        from lrs.record.lagging_finder import LaggingFinder

        self.log.partitions(OBSERVATIONS)  # known from here on: nobody waits for it on the event loop
        following = lag.GroupLag(self.log, self.groups, clock)
        following.start()
        finder = LaggingFinder(self.log, self.store, lambda: following.through)

        def close() -> None:
            following.close()
            self.log.close()

        return Serving(
            finder=finder,
            storing=PartitionedAppender(self.log, finder.existing),
            voided=lambda tenant, statements, position: None,
            stored_times=self.stored_times,
            freshness=following.freshness,
            log_answers=lambda: following.current,
            close=close,
        )

    def folds(self) -> list[Fold]:
        return all_folds(ActiveWeights(Catalogs(self.log)))

    def replay(self, fold: Fold, verify: bool, progress: ReplayProgress, swap: AroundSwap = NOTHING) -> Replayed:
        from lrs.store.shared_replay_turn import shared_turn

        catalogs, group, alone = Catalogs(self.log), FoldReaders(PROJECT, fold_names()), self._gate(TABLES).shut
        with shared_turn(self._database, fold.name) as still_mine:

            def last() -> None:
                still_mine()  # without the turn the table beside may be another's by now
                swap.last()

            around, hold = replace(swap, last=last), self._hold()
            return replay(self.log, self.store, fold, catalogs, group, hold, alone, verify, progress, around)

    def reinterpret(self, position: int, wait: float) -> bool:
        """As in Mode: it is done here, unless a worker does."""
        self.follower(threading.Event()).once()
        return applied_position(Checkpoints(self.store, self.store.embedded)) > position

    def follower(self, stop: threading.Event, closed: ReadsClosure | None = None) -> Follower:
        """What applies changes of the catalog to the past. `closed`: says whether others rebuild tables."""
        from processors.reinterpretation.follower import Follower

        return Follower(self.log, self.store, self.folds(), self._hold(), stop, self._gate(TABLES).shut, closed)

    def _hold(self) -> HoldByGates:
        """What holds every worker."""
        from lrs.database.exclusive_lock import exclusive_lock

        return HoldByGates(
            self.log,
            PROJECT,
            self._gate(ADMIT),
            seconds=ADMIT_HELD_SECONDS,
            catalog_age_seconds=CATALOG_SECONDS,
            alone=partial(exclusive_lock, self._database),
        )

    def _gate(self, stage: str) -> TableGate:
        """The gate that every worker of a stage passes with every batch."""
        from lrs.store.shared_gate import shared_gate

        return shared_gate(self._database, stage)


def choose_mode(runtime: Runtime, store: Store | None = None) -> Mode:
    """The runtime that is asked for. Raises Unavailable when the embedded log's folder cannot be used."""
    log, store = runtime.log(), store or runtime.store()
    if isinstance(log, SqliteLog):
        return Embedded(log, store, runtime)
    assert runtime.database is not None
    return Distributed(cast(NamedTopics, log), store, runtime.database)


def with_store(mode: Mode, store: Store) -> Mode:
    """The same runtime, whose questions go to another store."""
    other = copy(mode)
    assert isinstance(other, Embedded | Distributed)
    other.store = store
    return other
