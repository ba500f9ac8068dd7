"""Replay: rebuild one projection beside the live table, from the history, and swap the two atomically."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lrs.gate import Gate
from lrs.log import Log
from lrs.store.client import Store
from processors.fold import Fold
from processors.project import Learner, Project

CHUNK = 200  # learners refolded at a time: bounds the memory their histories take
_PASSES = 5
_SETTLE_SECONDS = 60.0
_KEPT_APART = {"mark", "version"}  # bookkeeping of how a row came about, not part of the answer

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did. differing is None where equality was not asked for."""

    learners: int
    seconds: float
    swapped: bool
    differing: int | None


def replay(
    log: Log, store: Store, fold: Fold, gate: Gate, verify: bool, progress: Progress = lambda done, of: None
) -> Replayed:
    """Rebuild `fold`'s table while writes go on. With `verify`, tables that differ are not swapped.

    Raises StoreUnavailable, StoreRefused.
    """
    started = time.monotonic()
    live, beside = fold.name, f"{fold.name}_replay"
    store.command(f"DROP TABLE IF EXISTS {beside} SYNC")
    store.command(f"CREATE TABLE {beside} AS {live}")
    project = Project(log, store, fold, table=beside)
    learners = _learners(store, since=-1)
    through = _through(store)
    _refold(project, learners, progress)
    for _ in range(_PASSES):  # what came meanwhile: less each time
        since, through = through, _through(store)
        late = _learners(store, since)
        _refold(project, late)
        if len(late) <= CHUNK:
            break
    differing = _settle(store, project, live, beside) if verify else None
    if differing:
        return Replayed(len(learners), time.monotonic() - started, False, differing)
    with gate.shut():
        _refold(project, _learners(store, through))
        store.command(f"EXCHANGE TABLES {live} AND {beside}")
    store.command(f"DROP TABLE {beside} SYNC")
    return Replayed(len(learners), time.monotonic() - started, True, differing)


def _refold(project: Project, learners: Sequence[Learner], progress: Progress = lambda done, of: None) -> None:
    for start in range(0, len(learners), CHUNK):
        chunk = learners[start : start + CHUNK]
        project.write(project.refold({learner: [] for learner in chunk}))
        project.reset()
        progress(start + len(chunk), len(learners))


def _settle(store: Store, project: Project, live: str, beside: str) -> int:
    """Learners whose rows differ for good: those with events under way are compared again until they agree."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    differing = _differing(store, live, beside, None)
    while differing and time.monotonic() < deadline:
        time.sleep(0.5)
        _refold(project, differing)
        differing = _differing(store, live, beside, differing)
    return len(differing)


def _differing(store: Store, live: str, beside: str, among: Sequence[Learner] | None) -> list[Learner]:
    names = [row[0] for row in store.tuples(f"DESCRIBE TABLE {live}", {}) if row[0] not in _KEPT_APART]
    columns = ", ".join(names)
    where = "WHERE (tenant, learner) IN %(among)s" if among else ""
    one, other = (f"SELECT {columns} FROM {table} FINAL {where}" for table in (live, beside))
    rows = store.tuples(
        f"SELECT DISTINCT tenant, learner FROM (({one} EXCEPT {other}) UNION ALL ({other} EXCEPT {one}))",
        {"among": list(among)} if among else {},
    )
    return [(row[0], row[1]) for row in rows]


def _learners(store: Store, since: int) -> list[Learner]:
    """Learners with observations, or retractions, that stand after `since` in the log."""
    rows = store.tuples(
        "SELECT DISTINCT tenant, learner FROM observations WHERE toInt64(seq) > %(since)s ORDER BY tenant, learner",
        {"since": since},
    )
    return [(row[0], row[1]) for row in rows]


def _through(store: Store) -> int:
    return int(store.tuples("SELECT toInt64(max(seq)) FROM observations", {})[0][0])
