"""A learner folded from the whole history: what a late observation asks for, and what verifying compares with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from lrs.store.client import Store
from processors.folds.interface import Fold, version_of
from processors.meaning.resolve import Resolver, Undigested, resolve
from processors.stages import observation_table
from processors.stages.observation_table import FIELDS, KEY, TYPES_OF_ROWS
from schemas.observation import Observation, Order

_GENERATION_BITS = 6  # of a row's version
Learner = tuple[str, str]  # tenant, canonical actor
_NOTHING: Order = (-(2**63), -(2**63), "", 0)
_ORDER = "ORDER BY tenant, learner, time, ifNull(sent, time), statement, ordinal"
_LIVE = f"SELECT {FIELDS} FROM observations FINAL WHERE (tenant, learner) IN %(learners)s {_ORDER}"


class FoldMark(msgspec.Struct):
    """How far a learner is folded.

    order: the last observation in the order of folding.
    watermarks: by partition of the statements, the furthest sequence.
    moved: the same of statements that were admitted in another partition than their own.
    reread: the position after the last change that had observations of the learner read again.
    refolds: by partition of the observations, the position after the last record that asked for a refold.
    poisoned: what the fold could not digest, as it was last folded.
    made_with: the version of the weights that the fold had.
    """

    order: Order = _NOTHING
    watermarks: dict[int, int] = {}
    moved: dict[int, int] = {}
    reread: int = 0
    refolds: dict[int, int] = {}
    poisoned: list[Order] = []
    made_with: str = ""

    def version(self, generation: int) -> int:
        """Grows with whatever is folded in, so that a worker who knows less cannot overwrite one who knows more.

        It follows from positions in the log: however batches are cut, the same knowledge has the same version. Of two
        with the same knowledge, one may have read the history before a retraction was in it. There the later generation
        of the group wins; of one that stood still for 64 of them nothing is said.
        """
        known = self.reread + sum(sum(each.values()) for each in (self.watermarks, self.moved, self.refolds))
        return known << _GENERATION_BITS | generation & ((1 << _GENERATION_BITS) - 1)

    def reach(self, observation: Observation) -> None:
        """An observation is folded in."""
        marks = self.moved if observation.moved else self.watermarks
        marks[observation.partition] = max(marks.get(observation.partition, 0), observation.sequence)


@dataclass(slots=True)
class FoldedLearner:
    """A learner's state in a worker's cache."""

    state: Any
    mark: FoldMark = field(default_factory=FoldMark)
    resolver: Resolver = field(default_factory=Resolver)


def read_histories(
    store: Store, learners: Sequence[Learner], beside: str | None = None
) -> dict[Learner, list[Observation]]:
    """All observations of each learner, in the order of folding. Raises StoreUnavailable, StoreRefused.

    `beside`: a table of observations whose rows count as if they were in the live one.
    """
    histories: dict[Learner, list[Observation]] = {}
    for row in store.tuples(_with(beside) if beside else _LIVE, {"learners": list(learners)}):
        o = observation_table.from_row(row)
        histories.setdefault((o.tenant, o.learner), []).append(o)
    return histories


def _with(beside: str) -> str:
    rows = " UNION ALL ".join(
        f"SELECT {', '.join(TYPES_OF_ROWS)} FROM {table} WHERE (tenant, learner) IN %(learners)s"
        for table in ("observations", beside)
    )
    last = f"SELECT * FROM ({rows}) ORDER BY {KEY}, version DESC, deleted DESC LIMIT 1 BY {KEY}"
    return f"SELECT {FIELDS} FROM ({last}) WHERE deleted = 0 {_ORDER}"


def fold_history(fold: Fold, observations: Sequence[Observation]) -> tuple[FoldedLearner, dict[Order, str]]:
    """Fold a whole history, without what the fold cannot digest: that is given with its reasons."""
    poisoned: dict[Order, str] = {}
    while True:
        folded = FoldedLearner(fold.start(), FoldMark(made_with=version_of(fold)))
        try:
            found, folded.resolver = resolve(o for o in observations if o.order not in poisoned)
        except Undigested as error:
            poisoned[error.order] = str(error)
            continue
        for evidence in found:
            try:
                fold.step(folded.state, evidence)
            except Exception as error:  # noqa: BLE001 - its reason goes to dead letters
                poisoned[evidence.order] = f"{type(error).__name__}: {error}"
                break
        else:
            if observations:
                folded.mark.order = observations[-1].order
            return folded, poisoned
