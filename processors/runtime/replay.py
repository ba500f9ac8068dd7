"""Replay: rebuild one projection beside the live table, from the history, and swap the two atomically."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lrs.log import Log
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from lrs.store.gate import Gate
from lrs.store.projections import answer, definition, replay_table
from processors.folds.interface import Fold
from processors.runtime.checkpoint import Positions
from processors.stages.fold_learners import FoldLearners
from processors.stages.learner_history import Learner
from schemas.record import OBSERVATIONS

CHUNK = 200  # learners refolded at a time: bounds the memory their histories take
_PASSES = 5
_CATCH_UP_SECONDS = 60.0

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Swap:
    """What is done around a swap, beside it.

    agreed: asked once the table beside holds all but the last moments; without its yes it is not swapped. kept: the
    table beside is left for others to look at, where it is not swapped. last: done while every writer is held, just
    before the swap.
    """

    agreed: Callable[[], bool] = lambda: True
    last: Callable[[], None] = lambda: None
    kept: bool = False


NOTHING = Swap()  # it is swapped, and nothing more


class Stalled(Exception):
    """The live table does not catch up with the log."""


class StillAdmitting(Exception):
    """A process admits that cannot be held from here."""


@dataclass(frozen=True, slots=True)
class Gates:
    """What holds the writers while tables are swapped: admit's, the fold's own, and whoever else changes tables."""

    admit: Gate
    fold: Gate
    tables: Gate


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
    group: str,
    gates: Gates,
    verify: bool,
    progress: Progress = lambda done, of: None,
    swap: Swap = NOTHING,
) -> Replayed:
    """Rebuild `fold`'s table while writes go on; `group` keeps its position. With `verify`, tables that differ are not
    swapped. What `swap.agreed` raises leaves the live table as it is, too.

    Admitting pauses for the last step, which takes as long as refolding the learners of the last moments.
    Raises Stalled, StoreUnavailable, StoreRefused.
    """
    with gates.tables.shut():
        return _replay(log, store, fold, group, gates, verify, progress, swap)


def _replay(
    log: Log, store: Store, fold: Fold, group: str, gates: Gates, verify: bool, progress: Progress, swap: Swap
) -> Replayed:
    started = time.monotonic()
    beside, project = _beside(log, store, fold)
    seen = through(store)
    learners = learners_since(store, since=-1)
    _refold(project, learners, progress)
    for _ in range(_PASSES):  # what came meanwhile: less each time
        since, seen = seen, through(store)
        late = learners_since(store, since)
        _refold(project, late)
        if len(late) <= CHUNK:
            break
    differing = _differing(store, fold, None) if verify else []
    if not swap.agreed():
        return _left(store, beside, swap, len(learners), started)
    with gates.admit.shut():
        catch_up(log, group)
        with gates.fold.shut():
            late = sorted({*learners_since(store, seen), *differing})
            _refold(project, late)
            differing = _differing(store, fold, late) if verify and late else []
            if not differing:
                swap.last()
                _take_name(log, store, fold, group, [fold.name])
    store.command(f"DROP TABLE {beside} SYNC")
    return Replayed(len(learners), time.monotonic() - started, not differing, len(differing) if verify else None)


def replay_quiet(
    log: Log,
    store: Store,
    fold: Fold,
    group: str,
    tables: Sequence[str],
    quiet: Callable[[], bool],
    verify: bool,
    progress: Progress = lambda done, of: None,
    swap: Swap = NOTHING,
) -> Replayed:
    """As `replay`, while nobody admits: `quiet` tells whether that is so, and what is sent meanwhile waits in the log.

    `tables`: all that `group` writes.

    Raises StillAdmitting, Stalled, StoreUnavailable, StoreRefused, and the log's Unavailable.
    """
    started = time.monotonic()
    if not quiet():
        raise StillAdmitting
    catch_up(log, group)
    beside, project = _beside(log, store, fold)
    learners = learners_since(store, since=-1)
    _refold(project, learners, progress)
    differing = _differing(store, fold, None) if verify else []
    if not swap.agreed():
        return _left(store, beside, swap, len(learners), started)
    try:
        if not quiet():
            raise StillAdmitting
        if not differing:
            swap.last()
            _take_name(log, store, fold, group, tables)
    finally:
        store.command(f"DROP TABLE {beside} SYNC")
    return Replayed(len(learners), time.monotonic() - started, not differing, len(differing) if verify else None)


def _left(store: Store, beside: str, swap: Swap, learners: int, started: float) -> Replayed:
    if not swap.kept:
        store.command(f"DROP TABLE {beside} SYNC")
    return Replayed(learners, time.monotonic() - started, False, None)


def _beside(log: Log, store: Store, fold: Fold) -> tuple[str, FoldLearners]:
    """The name of an empty table beside the live one, and what writes it."""
    beside = replay_table(fold)
    store.command(f"DROP TABLE IF EXISTS {beside} SYNC")
    store.command(definition(fold, beside))
    return beside, FoldLearners(log, store, fold, table=beside)


def _take_name(log: Log, store: Store, fold: Fold, group: str, tables: Sequence[str]) -> None:
    """Put the rebuilt table in the place of the live one, and vouch for it."""
    store.command(f"EXCHANGE TABLES {fold.name} AND {replay_table(fold)}")
    Positions(log, Checkpoints(store, store.embedded), group, OBSERVATIONS, tables).replaced()


def _refold(project: FoldLearners, learners: Sequence[Learner], progress: Progress = lambda done, of: None) -> None:
    for start in range(0, len(learners), CHUNK):
        chunk = learners[start : start + CHUNK]
        project.write(project.refold({learner: [] for learner in chunk}))
        project.reset()
        progress(start + len(chunk), len(learners))


def catch_up(log: Log, group: str) -> None:
    """Wait until the live table holds all that is admitted."""
    deadline = time.monotonic() + _CATCH_UP_SECONDS
    while any(at < end for at, end in zip(log.reached(group, OBSERVATIONS), log.ends(OBSERVATIONS), strict=False)):
        if time.monotonic() > deadline:
            raise Stalled(f"{group} did not catch up in {_CATCH_UP_SECONDS:.0f} s: are the processors running?")
        time.sleep(0.01)


def _differing(store: Store, fold: Fold, among: Sequence[Learner] | None) -> list[Learner]:
    live, beside, columns = fold.name, replay_table(fold), answer(fold)
    where = "WHERE (tenant, learner) IN %(among)s" if among else ""
    one, other = (f"SELECT {columns} FROM {table} FINAL {where}" for table in (live, beside))
    rows = store.tuples(
        f"SELECT DISTINCT tenant, learner FROM (({one} EXCEPT {other}) UNION ALL ({other} EXCEPT {one}))",
        {"among": list(among)} if among else {},
    )
    return [(row[0], row[1]) for row in rows]


def learners_since(store: Store, since: int) -> list[Learner]:
    """Learners with observations, or retractions, of statements after `since` in the log."""
    rows = store.tuples(
        "SELECT DISTINCT tenant, learner FROM observations WHERE toInt64(sequence) > %(since)s "
        "ORDER BY tenant, learner",
        {"since": since},
    )
    return [(row[0], row[1]) for row in rows]


def through(store: Store) -> int:
    """The last sequence that was observed."""
    return int(store.tuples("SELECT toInt64(max(sequence)) FROM observations", {})[0][0])
