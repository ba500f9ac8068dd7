"""Refold learners: from the last snapshot before what is late, or from the whole history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial

from lrs.store.client import Store
from processors.meaning.person_history import once
from processors.meaning.resolve import Refold, Resolver
from processors.meaning.version import INTERPRETATION
from processors.stages import learner_history
from processors.stages.dead_letters import DeadLetters
from processors.stages.fold_mark import BEFORE_ALL, FoldMark, SnapshotNote
from processors.stages.fold_table import FoldTable
from processors.stages.refold import FoldRow, Refolded, Snapshot, refold
from processors.stages.shared_reading import FoldedLearner, SharedReading
from processors.stages.snapshots import Snapshots
from processors.stages.tenant_folds import TenantFolds
from processors.stages.who_is_who import PeopleByTenant, TenantPerson
from schemas.observation import Observation, Order, encode_observations
from schemas.record import STATEMENTS, position_of

MOST_LEARNERS = 200  # at a time …
MOST_OBSERVATIONS = 50_000  # … or as many as have so many together, or one: bounds the memory their histories take
_NEVER = -1  # the version of a row of a snapshot that the table never had


@dataclass(slots=True)
class Late:
    """A learner to refold.

    before: how far the learner is folded. mark: the same once what arrived counts. starts: snapshots to start from, the
    best one last. count: about how many observations the whole history has.
    """

    before: FoldMark
    mark: FoldMark
    starts: list[SnapshotNote]
    count: int

    @classmethod
    def of(
        cls,
        before: FoldMark,
        arrived: Sequence[Observation],
        refolds: Mapping[int, int],
        made_with: str,
        whole: bool = False,
        first: Order = BEFORE_ALL,
    ) -> Late:
        """A person to whom `arrived` came late, so that no snapshot with any of it holds, nor one that was made with
        other weights. Where nothing arrived, `first` is the first observation that became another; by default the whole
        history is read, as where `whole` is true: the person turned out to be another, or to live by other days.
        `refolds` are the positions that ask for it (see FoldMark).
        """
        first = min((o.order for o in arrived), default=first)
        holds = before.made_with == made_with and not whole
        starts = [snapshot_note for snapshot_note in before.snapshots if snapshot_note.order < first and holds]
        return cls(before, before.after(arrived, refolds, made_with), starts, before.count)

    @property
    def size(self) -> int:
        """About how many observations must be read."""
        return self.count - (self.starts[-1].count if self.starts else 0)


class RefoldLearners:
    """Refolds learners of one fold."""

    def __init__(
        self,
        store: Store,
        folds: TenantFolds,
        table: FoldTable,
        snapshots: Snapshots,
        dead_letters: DeadLetters,
        shared: SharedReading,
        observations: str | None = None,
    ) -> None:
        """`observations`: a table whose rows count as if they were in the live one."""
        self._shared = shared
        self._observations = observations
        self._store = store
        self._folds = folds
        self._table = table
        self._snapshots = snapshots
        self._dead_letters = dead_letters

    def __call__(
        self, late: Mapping[TenantPerson, Late], people: PeopleByTenant, generation: int
    ) -> Iterator[tuple[TenantPerson, FoldedLearner, list[FoldRow]]]:
        """Each learner's state, and the rows to write. Raises the store's errors and the log's."""
        waiting = dict(late)
        self._measure(waiting, people)
        while waiting:
            for learners in _groups_of_late(waiting):
                yield from self._refold(learners, waiting, people, generation)

    def _measure(self, waiting: Mapping[TenantPerson, Late], people: PeopleByTenant) -> None:
        unknown = [learner for learner, late in waiting.items() if late.count == 0]
        if len(unknown) > 1:
            for learner, count in learner_history.history_sizes(self._store, unknown, people).items():
                waiting[learner].count = count

    def _refold(
        self,
        learners: Sequence[TenantPerson],
        waiting: dict[TenantPerson, Late],
        people: PeopleByTenant,
        generation: int,
    ) -> Iterator[tuple[TenantPerson, FoldedLearner, list[FoldRow]]]:
        """Refold the learners who can be from where they start; the others go on waiting with an earlier start."""
        notes = {learner: waiting[learner].starts[-1] for learner in learners if waiting[learner].starts}
        starts = self._snapshots.load(notes)
        for learner in notes.keys() - starts.keys():
            waiting[learner].starts.pop()
        ready = [learner for learner in learners if learner in starts or learner not in notes]
        if not ready:
            return
        since = min((start.order[0] for start in starts.values()), default=None)
        histories = self._shared.histories(ready, people, self._observations, since)
        versions = self._table.versions(ready)
        for learner in ready:
            late, start = waiting[learner], starts.get(learner)
            observations = histories.get(learner, [])
            if start:
                observations = [o for o in observations if o.order > start.order and late.mark.has_arrived(o)]
                observations = once(observations, start.order)
            refolded = self._refolded(learner, observations, start, people)
            if refolded is None:
                late.starts.pop()
                continue
            del waiting[learner]
            self._reach(late, observations, start, refolded)
            written_keys, gone = _changed_keys(refolded, start, versions.get(learner, {}))
            version = late.mark.version(generation)
            self._keep(learner, late, start, refolded, written_keys, version)
            folded = FoldedLearner(refolded.state, late.mark, refolded.resolver, refolded.resolver.read)
            learner_rows = self._table.rows(learner, (refolded.rows[key] for key in written_keys), folded, version)
            yield learner, folded, learner_rows + self._table.tombstones(learner, gone, late.mark, version)

    def _refolded(
        self, learner: TenantPerson, observations: Sequence[Observation], start: Snapshot | None, people: PeopleByTenant
    ) -> Refolded | None:
        """What the observations become; None where they change what was before `start`."""
        fold, idle = self._folds.of(learner[0]), people[learner[0]].idle
        reading = partial(self._shared.read_on, learner)
        try:
            return refold(fold, observations, start, idle, reading)
        except Refold:
            if start is None or not (doubts := Resolver.restore(start.resolved).doubts(observations)):
                return None
        until = {learner: start.order[0]}
        absent = self._shared.absent({learner: doubts}, until, people, self._observations)[learner]
        try:
            return refold(fold, observations, start, idle, partial(reading, absent=absent)) if absent else None
        except Refold:
            return None

    def _reach(
        self, late: Late, observations: Sequence[Observation], start: Snapshot | None, refolded: Refolded
    ) -> None:
        """Note how far the learner is folded."""
        mark = late.mark
        for o in observations:
            mark.reach(o)
        mark.count = refolded.count
        mark.order = observations[-1].order if observations else start.order if start else BEFORE_ALL
        earlier = [order for order in late.before.poisoned if start is not None and order <= start.order]
        mark.poisoned = sorted([*earlier, *refolded.poisoned])
        self._write_dead_letters(observations, refolded.poisoned, set(late.before.poisoned))

    def _keep(
        self,
        learner: TenantPerson,
        late: Late,
        start: Snapshot | None,
        refolded: Refolded,
        written_keys: Sequence[str],
        version: int,
    ) -> None:
        """Keep the snapshots that were taken, and note those that hold."""
        late.mark.snapshots = late.starts
        versions = dict(start.versions) if start else {}
        versions |= dict.fromkeys(written_keys, version)
        for snapshot in refolded.snapshots:
            snapshot.versions = {
                key: versions[key] if refolded.rows[key] is row else _NEVER for key, row in snapshot.rows.items()
            }
            late.mark.keep(self._snapshots.add(learner, snapshot))

    def _write_dead_letters(
        self, observations: Iterable[Observation], poisoned: Mapping[Order, str], poisoned_before: Set[Order]
    ) -> None:
        """Write a dead letter, once, of each observation that is poison: also where an earlier fold could digest it."""
        for o in observations:
            if o.order in poisoned and o.order not in poisoned_before:
                reason = f"statement {o.statement}: {poisoned[o.order]}"
                payload = encode_observations([o], INTERPRETATION, catalog=0)
                position = position_of(o.sequence)
                self._dead_letters.write_at(STATEMENTS, o.partition, position, o.tenant, reason, payload)


def _groups_of_late(waiting: Mapping[TenantPerson, Late]) -> Iterator[list[TenantPerson]]:
    """Learners to read at once: those with starts apart from the others, and near each other in time."""
    started = [learner for learner, late in waiting.items() if late.starts]
    yield from _bounded(sorted(started, key=lambda learner: waiting[learner].starts[-1].order), waiting)
    yield from _bounded([learner for learner, late in waiting.items() if not late.starts], waiting)


def _bounded(learners: Sequence[TenantPerson], waiting: Mapping[TenantPerson, Late]) -> Iterator[list[TenantPerson]]:
    group: list[TenantPerson] = []
    observations_in_group = 0
    for learner in learners:
        if group and (len(group) == MOST_LEARNERS or observations_in_group + waiting[learner].size > MOST_OBSERVATIONS):
            yield group
            group, observations_in_group = [], 0
        group.append(learner)
        observations_in_group += waiting[learner].size
    if group:
        yield group


def _changed_keys(
    refolded: Refolded, start: Snapshot | None, present: Mapping[str, int]
) -> tuple[list[str], list[str]]:
    """(keys whose rows are to be written, keys that are no more), given the versions of the rows in the table.

    A row of the snapshot that was not folded into is written where the table has had another since.
    """
    if not refolded.count:
        return [], sorted({"", *present})  # also of one without rows: a stale worker may be about to write some
    written_keys = {"", *refolded.changed}
    if start:
        written_keys |= {key for key in start.rows.keys() - written_keys if present.get(key) != start.versions[key]}
    return sorted(written_keys), sorted(present.keys() - refolded.rows.keys())
