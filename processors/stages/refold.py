"""Refold: one learner's rows from the history, whole or from a snapshot on. Pure.

A snapshot is a learner's rows as they were after some observation. So what a late observation costs depends on what
lies after it, not on the whole history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from processors.folds.interface import Fold
from processors.meaning.resolve import Resolved, Resolver, Undigested, read_on
from processors.meaning.resolve.active import IDLE
from schemas.evidence import Evidence
from schemas.observation import Observation, Order

EVERY = 128  # observations between snapshots
FoldRow = tuple[Any, ...]  # of a fold: key, state, columns
key_of, state_of = itemgetter(0), itemgetter(1)
ReadOn = Callable[[bytes | None, Sequence[Observation], Iterable[int], int], Resolved]


@dataclass(slots=True)
class Snapshot:
    """A learner's rows after `count` observations, the last of which is `order`, and the resolver's state then.

    versions: of the rows that are in the table as they are here; of the others -1.
    """

    count: int
    order: Order
    resolved: bytes
    rows: dict[str, FoldRow]
    versions: dict[str, int]


@dataclass(slots=True)
class Refolded:
    """What a history became. `changed` are the keys whose rows were drained."""

    state: Any
    resolver: Resolver
    count: int
    order: Order | None
    rows: dict[str, FoldRow]
    changed: set[str]
    snapshots: list[Snapshot]
    poisoned: dict[Order, str]


def snapshots_due(count: int) -> int:
    """How many times a snapshot has been due."""
    return count // EVERY


def snapshot_slot(count: int) -> int:
    """Where a snapshot after `count` observations is kept: every second one in 0, every fourth in 1, and so on.

    A slot keeps the last one alone. So there is one for each doubling of the distance from the end.
    """
    passed = snapshots_due(count)
    return (passed & -passed).bit_length() - 1


def refold(
    fold: Fold,
    observations: Sequence[Observation],
    start: Snapshot | None = None,
    idle: int = IDLE,
    reading: ReadOn = read_on,
) -> Refolded:
    """Fold what lies after `start` (None: the whole history), without what the fold cannot digest.

    `reading`: read_on, or what gives the same.

    Raises Refold where one of the observations changes what was before `start`.
    """
    poisoned: dict[Order, str] = {}
    while True:
        try:
            return _fold(fold, [o for o in observations if o.order not in poisoned], start, poisoned, idle, reading)
        except Undigested as error:
            poisoned[error.order] = str(error)
        except _Poison as error:
            poisoned[error.order] = error.reason


class _Poison(Exception):
    """Evidence that the fold cannot digest."""

    def __init__(self, order: Order, reason: str) -> None:
        super().__init__(reason)
        self.order = order
        self.reason = reason


def _fold(
    fold: Fold,
    observations: Sequence[Observation],
    start: Snapshot | None,
    poisoned: dict[Order, str],
    idle: int,
    reading: ReadOn,
) -> Refolded:
    count_before = start.count if start else 0
    count = count_before + len(observations)
    resume_points = range(EVERY - count_before % EVERY, len(observations) + 1, EVERY)
    evidence, resolver, points = reading(start.resolved if start else None, observations, resume_points, idle)
    last_points = {snapshot_slot(count_before + point.observations): point for point in points}  # the last of each slot
    rows_by_key: dict[str, FoldRow] = dict(start.rows) if start else {}
    state = fold.restore([(key, state_of(row)) for key, row in rows_by_key.items()]) if start else fold.start()
    changed_keys: set[str] = set()
    snapshots: list[Snapshot] = []
    folded = 0
    for point in [*sorted(last_points.values()), None]:
        until = point.evidence if point else len(evidence)
        _step_through(fold, state, evidence[folded:until])
        folded = until
        drained = {key_of(row): row for row in fold.drain(state)}
        rows_by_key |= drained
        changed_keys |= drained.keys()
        if point:
            order = observations[point.observations - 1].order
            snapshots.append(Snapshot(count_before + point.observations, order, point.state, dict(rows_by_key), {}))
    last_order = observations[-1].order if observations else start.order if start else None
    return Refolded(state, resolver, count, last_order, rows_by_key, changed_keys, snapshots, poisoned)


def _step_through(fold: Fold, state: Any, evidence: Iterable[Evidence]) -> None:
    for piece in evidence:
        try:
            fold.step(state, piece)
        except Exception as error:
            raise _Poison(piece.order, f"{type(error).__name__}: {error}") from error
