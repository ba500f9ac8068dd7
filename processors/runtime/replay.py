"""Replay: rebuild one projection beside the live table, from the history, and swap the two atomically."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lrs.log import Log
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from lrs.store.gate import TableGate
from lrs.store.projections import answer_columns, fold_table_sql, replay_table
from processors.folds.interface import Fold
from processors.runtime.checkpoint import Positions
from processors.stages.fold_learners import FoldLearners
from processors.stages.who_is_who import (
    PeopleSnapshot,
    TenantPerson,
    WhoIsWho,
    persons_of,
    persons_to_refold,
    seen_since,
)
from schemas.record import OBSERVATIONS

CHUNK = 200  # learners refolded at a time: bounds the memory their histories take
_PASSES = 5
CATCH_UP_SECONDS = 60.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class AroundSwap:
    """What is done around a swap, beside it.

    agreed: asked once the table beside holds all but the last moments; without its yes it is not swapped. kept: the
    table beside is left for others to look at, where it is not swapped. last: done while every writer is held, just
    before the swap.
    """

    agreed: Callable[[], bool] = lambda: True
    last: Callable[[], None] = lambda: None
    kept: bool = False


NOTHING = AroundSwap()  # it is swapped, and nothing more


class Stalled(Exception):
    """The live table does not catch up with the log."""


class StillAdmitting(Exception):
    """A process admits that cannot be held from here."""


@dataclass(frozen=True, slots=True)
class ReplayGates:
    """What holds the writers while tables are swapped: admit's, the fold's own, and whoever else changes tables."""

    admit: TableGate
    fold: TableGate
    tables: TableGate


@dataclass(frozen=True, slots=True)
class FoldReaders:
    """Who reads observations for a fold, and the tables that this group writes."""

    name: str
    tables: Sequence[str]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did. differing is None where equality was not asked for."""

    learners: int
    seconds: float
    swapped: bool
    differing: int | None


def replay(
    log: Log,
    store: Store,
    fold: Fold,
    who_is_who: WhoIsWho,
    group: FoldReaders,
    gates: ReplayGates,
    verify: bool,
    progress: Progress = lambda done, of: None,
    swap: AroundSwap = NOTHING,
) -> Replayed:
    """Rebuild `fold`'s table while writes go on; `group` keeps its position. With `verify`, tables that differ are not
    swapped. What `swap.agreed` raises leaves the live table as it is, too.

    Admitting pauses for the last step, which takes as long as refolding the learners of the last moments.
    Raises Stalled, StoreUnavailable, StoreRefused.
    """
    with gates.tables.shut():
        return _replay(log, store, fold, who_is_who, group, gates, verify, progress, swap)


def _replay(
    log: Log,
    store: Store,
    fold: Fold,
    who_is_who: WhoIsWho,
    group: FoldReaders,
    gates: ReplayGates,
    verify: bool,
    progress: Progress,
    swap: AroundSwap,
) -> Replayed:
    started = time.monotonic()
    beside = _RebuiltTable(log, store, fold, who_is_who)
    last_sequence = last_observed(store)
    learners = beside.refold(seen_since(store, since=-1), progress)
    for _ in range(_PASSES):  # what came meanwhile: less each time
        since, last_sequence = last_sequence, last_observed(store)
        late = seen_since(store, since)
        beside.refold(late)
        if len(late) <= CHUNK:
            break
    differing = _differing(store, fold, None) if verify else []
    if not swap.agreed():
        return _left(store, beside.table, swap, learners, started)
    with gates.admit.shut():
        catch_up(log, group.name)
        with gates.fold.shut():
            late = sorted({*beside.changed(), *beside.persons(seen_since(store, last_sequence)), *differing})
            beside.fold(late)
            differing = _differing(store, fold, late) if verify and late else []
            if not differing:
                swap.last()
                _take_name(log, store, fold, group)
    store.command(f"DROP TABLE {beside.table} SYNC")
    return Replayed(learners, time.monotonic() - started, not differing, len(differing) if verify else None)


def replay_quiet(
    log: Log,
    store: Store,
    fold: Fold,
    who_is_who: WhoIsWho,
    group: FoldReaders,
    quiet: Callable[[], bool],
    verify: bool,
    progress: Progress = lambda done, of: None,
    swap: AroundSwap = NOTHING,
) -> Replayed:
    """As `replay`, while nobody writes observations: `quiet` tells whether that is so; what is sent waits in the log.
    Raises StillAdmitting, Stalled, StoreUnavailable, StoreRefused, and the log's Unavailable.
    """
    started = time.monotonic()
    if not quiet():
        raise StillAdmitting
    catch_up(log, group.name)
    beside = _RebuiltTable(log, store, fold, who_is_who)
    learners = beside.refold(seen_since(store, since=-1), progress)
    differing = _differing(store, fold, None) if verify else []
    if not swap.agreed():
        return _left(store, beside.table, swap, learners, started)
    try:
        if not quiet():
            raise StillAdmitting
        if not differing:
            swap.last()
            _take_name(log, store, fold, group)
    finally:
        store.command(f"DROP TABLE {beside.table} SYNC")
    return Replayed(learners, time.monotonic() - started, not differing, len(differing) if verify else None)


def _left(store: Store, beside: str, swap: AroundSwap, learners: int, started: float) -> Replayed:
    if not swap.kept:
        store.command(f"DROP TABLE {beside} SYNC")
    return Replayed(learners, time.monotonic() - started, False, None)


class _RebuiltTable:
    """An empty table beside the live one, and what fills it."""

    def __init__(self, log: Log, store: Store, fold: Fold, who_is_who: WhoIsWho) -> None:
        self.table = replay_table(fold)
        store.command(f"DROP TABLE IF EXISTS {self.table} SYNC")
        store.command(fold_table_sql(fold, self.table))
        self._project = FoldLearners(log, store, fold, who_is_who, table=self.table)
        self._known = who_is_who
        who_is_who.follow()
        self._people = PeopleSnapshot(who_is_who.people)
        self._seen: set[TenantPerson] = set()

    def persons(self, identities: Sequence[TenantPerson]) -> list[TenantPerson]:
        """The persons whose identities these are."""
        self._seen.update(identities)
        return persons_of(identities, self._people)

    def refold(self, identities: Sequence[TenantPerson], progress: Progress = lambda done, of: None) -> int:
        """Fold the persons whose identities these are; gives how many."""
        learners = self.persons(identities)
        self.fold(learners, progress)
        return len(learners)

    def fold(self, learners: Sequence[TenantPerson], progress: Progress = lambda done, of: None) -> None:
        """Fold persons."""
        for start in range(0, len(learners), CHUNK):
            chunk = learners[start : start + CHUNK]
            self._project.write(self._project.refold({learner: [] for learner in chunk}, self._people))
            self._project.reset()
            progress(start + len(chunk), len(learners))

    def changed(self) -> list[TenantPerson]:
        """Whoever has to be folded again, as who is who has changed since the table was begun; known from here on."""
        self._known.follow()
        before, self._people = self._people, PeopleSnapshot(self._known.people)
        return persons_to_refold(self._seen, before, self._people)


def _take_name(log: Log, store: Store, fold: Fold, group: FoldReaders) -> None:
    """Put the rebuilt table in the place of the live one, and vouch for it."""
    store.command(f"EXCHANGE TABLES {fold.name} AND {replay_table(fold)}")
    Positions(log, Checkpoints(store, store.embedded), group.name, OBSERVATIONS, group.tables).replaced()


def catch_up(log: Log, group: str, seconds: float = CATCH_UP_SECONDS, upto: Sequence[int] | None = None) -> None:
    """Wait until the live table holds all that is admitted, or what was before the positions `upto`. Raises Stalled."""
    deadline = time.monotonic() + seconds

    def behind() -> bool:
        ends = upto or log.ends(OBSERVATIONS)
        return any(at < end for at, end in zip(log.reached(group, OBSERVATIONS), ends, strict=False))

    while behind():
        if time.monotonic() > deadline:
            raise Stalled(f"{group} did not catch up in {seconds:.0f} s: are the processors running?")
        time.sleep(0.01)


def _differing(store: Store, fold: Fold, among: Sequence[TenantPerson] | None) -> list[TenantPerson]:
    live, beside, columns = fold.name, replay_table(fold), answer_columns(fold)
    where = "WHERE (tenant, learner) IN %(among)s" if among else ""
    live_rows, other = (f"SELECT {columns} FROM {table} FINAL {where}" for table in (live, beside))
    rows = store.tuples(
        f"SELECT DISTINCT tenant, learner FROM (({live_rows} EXCEPT {other}) UNION ALL ({other} EXCEPT {live_rows}))",
        {"among": list(among)} if among else {},
    )
    return [(tenant, learner) for tenant, learner in rows]


def last_observed(store: Store) -> int:
    """The last sequence that was observed."""
    return int(store.tuples("SELECT toInt64(max(sequence)) FROM observations", {})[0][0])
