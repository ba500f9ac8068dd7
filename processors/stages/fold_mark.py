"""How far a learner is folded: kept in the learner's own row, beside what it vouches for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from processors.stages.refold import snapshot_slot, snapshots_due
from schemas.observation import Kind, Observation, Order

_GENERATION_BITS = 6  # of a row's version
BEFORE_ALL: Order = (-(2**63), -(2**63), "", 0)


class SnapshotNote(msgspec.Struct, array_like=True, frozen=True):
    """A snapshot that holds all that was folded up to `order`: where it is kept follows from `count`."""

    count: int
    order: Order
    digest: str

    @property
    def slot(self) -> int:
        return snapshot_slot(self.count)


class FoldMark(msgspec.Struct):
    """How far a learner is folded.

    order: the last observation that is folded, in the order of folding.
    watermarks: by partition of the statements, the furthest sequence that has arrived (inclusive).
    moved: the same of statements that were admitted in another partition than their own.
    reread: the position after the last change that had observations of the learner read again.
    refolds: by partition of the observations, the position after the last record that asked for a refold.
    poisoned: what the fold could not digest, as it was last folded.
    made_with: the version of the weights that the fold had.
    count: how many observations are folded.
    snapshots: those that hold, in order.
    known: the position of the catalog up to which was known who is who (exclusive), where several workers fold.
    """

    order: Order = BEFORE_ALL
    watermarks: dict[int, int] = {}
    moved: dict[int, int] = {}
    reread: int = 0
    refolds: dict[int, int] = {}
    poisoned: list[Order] = []
    made_with: str = ""
    count: int = 0
    snapshots: list[SnapshotNote] = []
    known: int = 0

    def version(self, generation: int) -> int:
        """Grows with whatever is folded in, so that a worker who knows less cannot overwrite one who knows more.

        It follows from positions in the log: however batches are cut, the same knowledge has the same version. Of two
        with the same knowledge, one may have read the history before a retraction was in it. There the later generation
        of the group wins. A worker that missed 64 generations or more may win or lose: the counter wraps.
        """
        # One more for each partition: its first statement has the sequence 0, and is known, too.
        arrived = sum(
            furthest + 1
            for furthest_by_partition in (self.watermarks, self.moved)
            for furthest in furthest_by_partition.values()
        )
        reached = self.reread + sum(self.refolds.values()) + arrived
        return reached << _GENERATION_BITS | generation & ((1 << _GENERATION_BITS) - 1)

    def reach(self, observation: Observation) -> None:
        """An observation is folded in."""
        marks = self.moved if observation.moved else self.watermarks
        marks[observation.partition] = max(marks.get(observation.partition, 0), observation.sequence)

    def after(self, arrived: Iterable[Observation], refolds: Mapping[int, int], made_with: str) -> FoldMark:
        """What is known once these have arrived, and asked for a refold: the rest follows from the history."""
        mark = FoldMark(
            made_with=made_with,
            watermarks=dict(self.watermarks),
            moved=dict(self.moved),
            reread=self.reread,
            known=self.known,
            refolds={p: max(self.refolds.get(p, 0), refolds.get(p, 0)) for p in {**self.refolds, **refolds}},
        )
        for o in arrived:
            # The reader of the target's partition may announce a void: its position says nothing of its own partition.
            if o.kind != Kind.VOID:
                mark.reach(o)
        return mark

    def has_arrived(self, observation: Observation) -> bool:
        """Whether an observation of the history has arrived here, too: the history may have it before.

        One that was moved may count as well: it asks for a refold when it arrives.
        """
        return observation.moved or observation.sequence <= self.watermarks.get(observation.partition, -1)

    @property
    def due(self) -> bool:
        """Whether a snapshot should be taken."""
        return snapshots_due(self.count) > (snapshots_due(self.snapshots[-1].count) if self.snapshots else 0)

    def keep(self, snapshot_note: SnapshotNote) -> None:
        """Note a snapshot; it takes the place of the one before it in its slot."""
        self.snapshots = [snapshot for snapshot in self.snapshots if snapshot.slot != snapshot_note.slot] + [
            snapshot_note
        ]
