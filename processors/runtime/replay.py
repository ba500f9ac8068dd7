"""Replay: rebuild one projection beside the live table, from the history, and swap the two atomically."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

from lrs.errors import Transient
from lrs.log import Log
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from lrs.store.projections import answer_columns, fold_table_sql, replay_table
from processors.folds.interface import Fold
from processors.runtime.arrivals import Arrivals
from processors.runtime.checkpoint import Positions
from processors.runtime.hold import Hold, Stalled
from processors.stages.fold_learners import FoldLearners
from processors.stages.who_is_who import (
    PeopleSnapshot,
    TenantPerson,
    WhoIsWho,
    persons_of,
    persons_to_refold,
    seen,
)
from schemas.record import OBSERVATIONS

CHUNK = 200  # learners refolded at a time: bounds the memory their histories take
_CATCH_UP_PASSES = 5
_HOLDS = 12  # tries to hold the stages

ReplayProgress = Callable[[int, int], None]


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
    hold: Hold,
    alone: Callable[[], AbstractContextManager[None]],
    verify: bool,
    progress: ReplayProgress = lambda done, of: None,
    swap: AroundSwap = NOTHING,
) -> Replayed:
    """Rebuild `fold`'s table while writes go on; `group` keeps its position. With `verify`, tables that differ are not
    swapped. What `swap.agreed` raises leaves the live table as it is, too.

    `hold` holds admitting and folding for the last step, which takes as long as refolding the learners of the last
    moments; `alone` keeps others from swapping tables, or moving rows into them.
    Raises Stalled, StoreUnavailable, StoreRefused, and what `hold` and `alone` raise.
    """
    with alone():
        return _replay(log, store, fold, who_is_who, group, hold, verify, progress, swap)


def _replay(
    log: Log,
    store: Store,
    fold: Fold,
    who_is_who: WhoIsWho,
    group: FoldReaders,
    hold: Hold,
    verify: bool,
    progress: ReplayProgress,
    swap: AroundSwap,
) -> Replayed:
    started = time.monotonic()
    beside = _RebuiltTable(log, store, fold, who_is_who)
    arrivals = Arrivals(log, log.ends(OBSERVATIONS))  # what was announced before is in the history
    learners = beside.fill(progress)
    for _ in range(_CATCH_UP_PASSES):  # what came meanwhile: less each time
        if beside.refold(beside.persons(arrivals.announced())) <= CHUNK:
            break
    differing = _differing_learners(store, fold, None) if verify else []
    if not swap.agreed():
        return _left(store, beside.table, swap, learners, started)
    with _held(hold):
        late = sorted({*beside.changed(), *beside.persons(arrivals.announced()), *differing})
        beside.refold(late)
        differing = _differing_learners(store, fold, late) if verify and late else []
        if not differing:
            swap.last()
            _take_name(log, store, fold, group)
    store.command(f"DROP TABLE {beside.table} SYNC")
    return Replayed(learners, time.monotonic() - started, not differing, len(differing) if verify else None)


@contextmanager
def _held(hold: Hold) -> Iterator[None]:
    """The stages held. A moment at which they cannot be, as while partitions change hands or a batch is long, is waited
    for."""
    with ExitStack() as held:
        for left in reversed(range(_HOLDS)):
            try:
                held.enter_context(hold.stages_held())
                break
            except (Stalled, Transient):
                if not left:
                    raise
        yield


def _left(store: Store, beside: str, swap: AroundSwap, learners: int, started: float) -> Replayed:
    if not swap.kept:
        store.command(f"DROP TABLE {beside} SYNC")
    return Replayed(learners, time.monotonic() - started, False, None)


class _RebuiltTable:
    """An empty table beside the live one, and what fills it."""

    def __init__(self, log: Log, store: Store, fold: Fold, who_is_who: WhoIsWho) -> None:
        self.table = replay_table(fold)
        self._store = store
        store.command(f"DROP TABLE IF EXISTS {self.table} SYNC")
        store.command(fold_table_sql(fold, self.table))
        self._project = FoldLearners(log, store, fold, who_is_who, table=self.table)
        self._known = who_is_who
        who_is_who.follow()
        self._people = PeopleSnapshot(who_is_who.people)
        self._seen: set[TenantPerson] = set()

    def persons(self, identities: Iterable[TenantPerson]) -> list[TenantPerson]:
        """The persons whose identities these are."""
        known = list(identities)
        self._seen.update(known)
        return persons_of(known, self._people)

    def fill(self, progress: ReplayProgress) -> int:
        """Fold everybody; gives how many."""
        learners = self.persons(seen(self._store))
        for start in range(0, len(learners), CHUNK):
            chunk = learners[start : start + CHUNK]
            self._project.write(self._project.refold({learner: [] for learner in chunk}, self._people))
            self._project.reset()
            progress(start + len(chunk), len(learners))
        return len(learners)

    def refold(self, learners: Sequence[TenantPerson]) -> int:
        """Fold persons who may be in the table, at least as far as they are: a row with what was retracted since must
        not win. Gives how many."""
        for start in range(0, len(learners), CHUNK):
            self._project.refold_known(learners[start : start + CHUNK], self._people)
        return len(learners)

    def changed(self) -> list[TenantPerson]:
        """Whoever has to be folded again, as who is who has changed since the table was begun; known from here on."""
        self._known.follow()
        before, self._people = self._people, PeopleSnapshot(self._known.people)
        return persons_to_refold(self._seen, before, self._people)


def _take_name(log: Log, store: Store, fold: Fold, group: FoldReaders) -> None:
    """Put the rebuilt table in the place of the live one, and vouch for it."""
    store.command(f"EXCHANGE TABLES {fold.name} AND {replay_table(fold)}")
    Positions(log, Checkpoints(store, store.embedded), group.name, OBSERVATIONS, group.tables).replaced()


def _differing_learners(store: Store, fold: Fold, among: Sequence[TenantPerson] | None) -> list[TenantPerson]:
    live, beside, columns = fold.name, replay_table(fold), answer_columns(fold)
    where = "WHERE (tenant, learner) IN %(among)s" if among else ""
    live_rows, other = (f"SELECT {columns} FROM {table} FINAL {where}" for table in (live, beside))
    rows = store.tuples(
        f"SELECT DISTINCT tenant, learner FROM (({live_rows} EXCEPT {other}) UNION ALL ({other} EXCEPT {live_rows}))",
        {"among": list(among)} if among else {},
    )
    return [(tenant, learner) for tenant, learner in rows]
