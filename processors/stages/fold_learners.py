"""Fold observations into the rows of persons, exactly, whatever the order they come in.

Later than all that is folded: fold it in. Anything else (late, tie, void, another identity): refold that person from
the last snapshot before it, and from the whole history where there is none. So the rows are a function of the set of
observations, and of the catalog: who is who, and on which days. A change of the catalog that matters is announced in
the observations (see processors.stages.announce_people).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence, Set
from contextlib import nullcontext
from typing import NamedTuple

from lrs.log import Log, Record
from lrs.store.client import Store
from lrs.store.gate import TableGate
from lrs.store.recent_states import RecentStates
from processors.folds.interface import Fold
from processors.meaning.person_history import on_local_day, once
from processors.stages.dead_letters import DeadLetters
from processors.stages.fold_mark import BEFORE_ALL, FoldMark
from processors.stages.fold_table import FoldTable, own_versions
from processors.stages.refold import FoldRow, Snapshot, key_of
from processors.stages.refold_learners import Late, RefoldLearners
from processors.stages.rival_rows import RivalRows
from processors.stages.shared_reading import FoldedLearner, SharedReading
from processors.stages.snapshots import Snapshots
from processors.stages.tenant_folds import TenantFolds
from processors.stages.who_is_who import FoldedByNewerCatalog, PeopleByTenant, PeopleSnapshot, TenantPerson, WhoIsWho
from schemas.envelope import Unreadable
from schemas.observation import Kind, Observation, ObservationBundle, Order, decode_observations
from schemas.record import OBSERVATIONS

CACHED_LEARNERS = 20_000
_NO_REFOLDS: Mapping[TenantPerson, Mapping[int, int]] = {}
_FROM_THE_START: Mapping[TenantPerson, Order] = {}


class Observed(NamedTuple):
    """A record of the observations topic, and what it says of persons at home in its partition."""

    record: Record
    bundle: ObservationBundle


def decoded(records: Sequence[Record], dead_letters: DeadLetters) -> list[Observed]:
    """What records say. One that cannot be read is a dead letter."""
    bundles: list[Observed] = []
    for record in records:
        try:
            bundles.append(Observed(record, decode_observations(record.value)))
        except Unreadable as error:
            dead_letters.write(record, "", str(error))
    return bundles


class TablesBeside(NamedTuple):
    """Tables beside the live ones, whose rows count as if they were in them: of observations, and of the fold.

    reread is the position after the change that had the observations read again.
    """

    observations: str
    table: str
    reread: int


class FoldLearners:
    """Takes batches of the observations topic and keeps one fold's table. A worker is a cache of the table.

    Args:
        table: where it is kept, if not in the table with the fold's name.
        beside: what is read is beside the live tables; what is written, too.
        shared: what reads and resolves for all folds, where several take the same batches in turn.
        recent: where readers find states without asking the table; with the gate's generations.
        rivals: notes every write, where other workers may write the same learners' rows.
    """

    topic = OBSERVATIONS

    def __init__(
        self,
        log: Log,
        store: Store,
        fold: Fold,
        who_is_who: WhoIsWho,
        table: str | None = None,
        gate: TableGate | None = None,
        beside: TablesBeside | None = None,
        shared: SharedReading | None = None,
        recent: RecentStates | None = None,
        rivals: RivalRows | None = None,
    ) -> None:
        self.group = fold.name
        self._recent = recent
        self._may_lack = True  # rows may have been written that `recent` does not have
        self._known = who_is_who
        self._gate = gate
        self._generation = 0  # of the table
        self._assignment = 0  # the generation of the group
        self._folds = TenantFolds(fold)
        self._reread = beside.reread if beside else 0
        self._shared = shared or SharedReading(store)
        self._table = (
            FoldTable(store, self._folds, self._shared, beside.table, live=fold.name)
            if beside
            else FoldTable(store, self._folds, self._shared, table or fold.name)
        )
        self._rivals = rivals
        self._snapshots = Snapshots(store, fold.name)
        self._dead_letters = DeadLetters(log, fold.name, OBSERVATIONS)
        self._refold = RefoldLearners(
            store,
            self._folds,
            self._table,
            self._snapshots,
            self._dead_letters,
            self._shared,
            beside.observations if beside else None,
        )
        self._cache: OrderedDict[TenantPerson, FoldedLearner] = OrderedDict()

    def reassigned(self, generation: int = 0) -> None:
        """Others may have written the learners' rows."""
        self._assignment = generation
        self._known.follow()  # whoever read before may have acted on more
        self.reset()

    def reset(self) -> None:
        """Forget what is cached: the last batch may or may not have been written."""
        self._may_lack = True
        self._forget()

    def _forget(self) -> None:
        self._cache.clear()
        self._folds.forget()
        self._snapshots.forget()

    def tick(self) -> None:
        """Write the snapshots that have waited long enough. Raises the store's errors."""
        self._begin_recent()
        self._snapshots.write_due()

    def _begin_recent(self) -> None:
        if self._recent and self._may_lack:
            self._recent.begin()
            self._may_lack = False

    def handle(self, records: Sequence[Record]) -> None:
        """Fold one batch in. Raises the store's errors and the log's: deliver it again."""
        bundles = decoded(records, self._dead_letters)
        self._known.reach(max((bundle.known for _, bundle in bundles), default=0))
        self.fold(bundles, PeopleSnapshot(self._known.people))

    def fold(self, bundles: Sequence[Observed], people: PeopleSnapshot) -> None:
        """Fold one batch in, with `people` as all folds see them. Raises as `handle` does.

        Where others may fold the same learners, also FoldedByNewerCatalog: nothing was written.
        """
        self._begin_recent()
        with self._gate.passing() if self._gate else nullcontext(self._generation) as generation:
            if generation != self._generation:  # a replay has swapped the table
                self._forget()
                self._generation = generation
            self._fold(bundles, people)

    def _fold(self, bundles: Sequence[Observed], people: PeopleSnapshot) -> None:
        arrived: dict[TenantPerson, list[Observation]] = {}
        refolds: dict[TenantPerson, dict[int, int]] = {}
        touched_learners: set[TenantPerson] = set()
        for record, bundle in bundles:
            for o in bundle.observations:
                learner = (o.tenant, people[o.tenant].person(o.person))
                arrived.setdefault(learner, []).append(o)
                if not bundle.in_order or o.kind == Kind.VOID:
                    refolds.setdefault(learner, {})[record.partition] = record.position + 1
            for learner in bundle.refold:
                arrived.setdefault(learner, [])
                refolds.setdefault(learner, {})[record.partition] = record.position + 1
                touched_learners.add(learner)
        self._cache |= self._table.load([learner for learner in arrived if learner not in self._cache], people)
        if self._rivals:
            known = max((self._cache[learner].mark.known for learner in arrived), default=0)
            if known > people.position:
                raise FoldedByNewerCatalog(known)
            for learner in arrived:
                self._cache[learner].mark.known = people.position
        versions_read = {learner: self._cache[learner].version for learner in arrived}
        late: dict[TenantPerson, list[Observation]] = {}
        pending: dict[TenantPerson, tuple[FoldedLearner, list[Observation]]] = {}
        for learner, observations in arrived.items():
            folded = self._cache[learner]
            self._cache.move_to_end(learner)
            # Where a refold is asked for, how far along a partition they are says nothing of whether they are folded.
            if learner in refolds or folded.mark.made_with != self._folds.version(learner[0]):
                late[learner] = observations
                continue
            new_observations = _not_folded(observations, folded.mark)
            if new_observations and new_observations[0].order > folded.mark.order:
                zone = people[learner[0]].zone(learner[1])
                pending[learner] = (folded, [on_local_day(o, zone) for o in once(new_observations, folded.mark.order)])
            if new_observations:
                late[learner] = new_observations
        self._shared.look_up(pending, people)
        folded_in: dict[TenantPerson, FoldedLearner] = {}
        for learner, (folded, counted) in pending.items():
            if self._fold_in(self._folds.of(learner[0]), folded, late[learner], counted):
                del late[learner]
                folded_in[learner] = folded
        fold_rows = self._rows(folded_in) + self.refold(late, people, refolds, touched_learners)
        self._snapshots.write_due()
        self._write(fold_rows, versions_read)
        if self._recent:
            self._recent.write(self._generation, self._table.columns_of(fold_rows, RecentStates.columns))
        while len(self._cache) > CACHED_LEARNERS:
            self._cache.popitem(last=False)

    def refold(
        self,
        late: Mapping[TenantPerson, Sequence[Observation]],
        people: PeopleByTenant,
        refolds: Mapping[TenantPerson, Mapping[int, int]] = _NO_REFOLDS,
        changed: Set[TenantPerson] = frozenset(),
        first: Mapping[TenantPerson, Order] = _FROM_THE_START,
    ) -> list[FoldRow]:
        """Rows of persons folded again: each from just before what arrived `late`; where nothing did, from just before
        the `first` changed observation, or from the start.

        `refolds` (see FoldMark) say how far they are folded; the snapshots of those who `changed` are not used.
        """
        fold_rows: list[FoldRow] = []
        late_learners: dict[TenantPerson, Late] = {}
        for learner, arrived in late.items():
            mark_before = self._cache[learner].mark if learner in self._cache else FoldMark()
            late_learners[learner] = Late.of(
                mark_before,
                arrived,
                refolds.get(learner, {}),
                self._folds.version(learner[0]),
                learner in changed,
                first.get(learner, BEFORE_ALL),
            )
            late_learners[learner].mark.reread = max(mark_before.reread, self._reread)
        for learner, folded, learner_rows in self._refold(late_learners, people, self._assignment):
            self._cache[learner] = folded
            fold_rows += learner_rows
        return fold_rows

    def refold_known(
        self,
        learners: Sequence[TenantPerson],
        people: PeopleByTenant,
        first: Mapping[TenantPerson, Order] = _FROM_THE_START,
    ) -> None:
        """Fold persons again, as far as they are folded already, and write their rows. `first`: see `refold`."""
        self._cache |= self._table.load(learners, people)
        self.write(self.refold({learner: [] for learner in learners}, people, first=first))
        self.reset()

    def write(self, fold_rows: Sequence[FoldRow]) -> None:
        """Write rows, and all snapshots that they name: written twice they count once."""
        self._snapshots.write()
        self._table.write(fold_rows)

    def _write(self, fold_rows: Sequence[FoldRow], versions_read: Mapping[TenantPerson, int]) -> None:
        """Write a batch's rows: of each learner who is in it the own row is among them."""
        for learner, version in own_versions(fold_rows):
            if self._rivals:
                self._rivals.writing(self.group, learner, versions_read[learner], version)
            self._cache[learner].version = version
        self._table.write(fold_rows)

    def _fold_in(
        self, fold: Fold, folded: FoldedLearner, new_observations: Sequence[Observation], counted: Sequence[Observation]
    ) -> bool:
        """Fold `new` in, all of which comes after what is folded, as it is `counted`; False where the learner must be
        refolded."""
        try:
            for evidence in self._shared.advance(folded, counted):
                fold.step(folded.state, evidence)
        except Exception:  # noqa: BLE001 - Refold, or whatever a fold cannot digest: the refold finds out which
            return False
        folded.mark.order = new_observations[-1].order
        folded.mark.count += len(counted)
        for o in new_observations:
            folded.mark.reach(o)
        return True

    def _rows(self, folded_in: Mapping[TenantPerson, FoldedLearner]) -> list[FoldRow]:
        """Rows of learners who were folded in, with a snapshot of those who are due for one."""
        drained = {
            learner: self._folds.of(learner[0]).drain(folded_learner.state)
            for learner, folded_learner in folded_in.items()
        }
        self._snapshot({learner: folded for learner, folded in folded_in.items() if folded.mark.due}, drained)
        fold_rows: list[FoldRow] = []
        for learner, folded in folded_in.items():
            fold_rows += self._table.rows(learner, drained[learner], folded, folded.mark.version(self._assignment))
        return fold_rows

    def _snapshot(
        self, due: Mapping[TenantPerson, FoldedLearner], drained: Mapping[TenantPerson, Sequence[FoldRow]]
    ) -> None:
        """Take snapshots: the rows that the table has, and over them those that were drained."""
        if not due:
            return
        present = self._table.present(list(due))
        for learner, folded in due.items():
            rows_by_key, versions = present.get(learner, ({}, {}))
            version = folded.mark.version(self._assignment)
            if max(versions.values(), default=0) > version:
                continue  # somebody knows more, whose rows are not what was folded here
            rows_by_key |= {key_of(row): row for row in drained[learner]}
            versions |= dict.fromkeys(map(key_of, drained[learner]), version)
            mark = folded.mark
            mark.keep(
                self._snapshots.add(
                    learner, Snapshot(mark.count, mark.order, folded.resolver.dump(), rows_by_key, versions)
                )
            )


def _not_folded(observations: Sequence[Observation], mark: FoldMark) -> list[Observation]:
    """What is not folded yet, each once, in the order of folding."""
    not_folded = {o.order: o for o in observations if o.sequence > mark.watermarks.get(o.partition, -1)}
    return sorted(not_folded.values(), key=lambda o: o.order)
