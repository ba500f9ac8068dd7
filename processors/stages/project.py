"""Project: every fold over one reading of the observations topic, each person by the reader of its home partition."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from lrs.log import Entry, Log, Record
from lrs.store.client import Store
from lrs.store.gate import TableGate
from lrs.store.recent_states import RecentStates
from processors.folds.interface import Fold
from processors.meaning.version import INTERPRETATION
from processors.stages.dead_letters import DeadLetters
from processors.stages.fold_learners import FoldLearners, Observed, decoded
from processors.stages.rival_rows import RivalRows
from processors.stages.shared_reading import SharedReading
from processors.stages.stage import Stage
from processors.stages.who_is_who import FoldedByNewerCatalog, PeopleByTenant, PeopleSnapshot, TenantPerson, WhoIsWho
from schemas.observation import Observation, encode_observations, encode_refold
from schemas.record import MOVED, OBSERVATIONS, PROJECT

logger = logging.getLogger(__name__)

# What a replay swaps, and when rows were moved into it as the past was read again: then others have written the rows.
_TABLES = """
SELECT name, toString(uuid) FROM system.tables WHERE database = currentDatabase() AND name IN %(names)s
UNION ALL
SELECT reader, toString(max(version)) FROM checkpoints WHERE reader = %(moved)s GROUP BY reader
"""


class Project(Stage):
    """Takes batches of the observations topic and gives them to every fold.

    After partitions are added, or a person turns out to be another, older observations sit in another partition than
    the person's later ones. They are sent on to the person's home partition before they are acknowledged. There the
    person is refolded by one who knows at least as much of the catalog. So is one whose rows two workers wrote at once.
    """

    topic = OBSERVATIONS
    group = PROJECT

    def __init__(
        self,
        log: Log,
        store: Store,
        folds: Sequence[Fold],
        who_is_who: WhoIsWho,
        gates: Mapping[str, TableGate] | None = None,
        recent: Mapping[str, RecentStates] | None = None,
    ) -> None:
        """`gates`: by fold, what says that others have swapped its table or written to it; without them the tables are
        looked at. recent: by fold, where readers find states."""
        self._log = log
        self._store = store
        self._known = who_is_who
        self._shared = SharedReading(store, len(folds))
        self._rivals = RivalRows(store)
        self._folds = [
            FoldLearners(
                log,
                store,
                fold,
                who_is_who,
                gate=gates[fold.name] if gates is not None else None,
                shared=self._shared,
                recent=(recent or {}).get(fold.name),
                rivals=self._rivals if gates is None else None,
            )
            for fold in folds
        ]
        self._gated = gates is not None
        # On a cluster a replay swaps the local tables behind the Distributed ones.
        self._names = [name for fold in self._folds for name in (fold.group, f"{fold.group}_local")]
        self._tables: list[Any] = []
        self._dead_letters = DeadLetters(log, self.group, OBSERVATIONS)

    def reset(self) -> None:
        """Forget what is cached: the last batch may or may not have been written."""
        for fold in self._folds:
            fold.reset()

    def reassigned(self, generation: int = 0) -> None:
        """The partitions that are read here may have changed hands, and others may have written the learners' rows."""
        for fold in self._folds:
            fold.reassigned(generation)

    def tick(self) -> None:
        """Write what need not be written with its batch. Raises the store's errors."""
        for fold in self._folds:
            fold.tick()

    def handle(self, records: Sequence[Record]) -> None:
        """Fold one batch in. Raises StoreUnavailable, StoreRefused and the log's errors: deliver it again."""
        bundles = decoded(records, self._dead_letters)
        known = max((bundle.known for _, bundle in bundles), default=0)
        while True:
            self._known.reach(known)
            # One for all folds: who is at home here, and who is folded, agree.
            people = PeopleSnapshot(self._known.people, self._known.position)
            try:
                self._fold(bundles, people)
            except FoldedByNewerCatalog as more:
                known = more.position
            else:
                self._have_overtaken_refolded(people)
                return

    def _fold(self, bundles: Sequence[Observed], people: PeopleSnapshot) -> None:
        home = self._at_home(bundles, people) if self._log.partitions(OBSERVATIONS) > 1 else bundles
        if not self._gated:
            self._look_at_tables()
        try:
            for fold in self._folds:
                fold.fold(home, people)
        finally:
            self._shared.forget()

    def _look_at_tables(self) -> None:
        tables = sorted(self._store.tuples(_TABLES, {"names": self._names, "moved": MOVED}))
        if tables != self._tables:
            self.reset()
            self._tables = tables

    def _have_overtaken_refolded(self, people: PeopleByTenant) -> None:
        """Ask for a refold of those whose rows another worker wrote meanwhile: it will see the rows of both."""
        if overtaken := self._rivals.find():
            logger.warning("another worker folded %d of the same learners: they are folded again", len(overtaken))
            refolds: dict[int, list[TenantPerson]] = {}
            for tenant, learner in overtaken:
                home = self._log.partition_of(OBSERVATIONS, people[tenant].person(learner))
                refolds.setdefault(home, []).append((tenant, learner))
            for each in self._submit_refolds(refolds, self._known.position):
                each.result()
        self._rivals.clear()

    def _submit_refolds(
        self, refolds: Mapping[int, Sequence[TenantPerson]], catalog_position: int
    ) -> list[Future[int]]:
        """Append, by partition, that persons are to be folded again by one who knows the catalog up to a position."""
        return [
            self._log.submit(
                OBSERVATIONS, Entry("", encode_refold(persons, INTERPRETATION, catalog_position), len(persons)), to
            )
            for to, persons in refolds.items()
        ]

    def _at_home(self, bundles: Iterable[Observed], people: PeopleByTenant) -> list[Observed]:
        """What is of persons at home, bundles in part where need be; the rest is appended to its home's partition."""
        home: list[Observed] = []
        away: dict[tuple[int, int, int], list[Observation]] = {}  # by partition, interpretation and catalog
        refolds: dict[int, list[TenantPerson]] = {}
        for record, bundle in bundles:
            stay: list[Observation] = []
            for o in bundle.observations:
                partition = self._log.partition_of(OBSERVATIONS, people[o.tenant].person(o.person))
                if partition == record.partition:
                    stay.append(o)
                else:
                    away.setdefault((partition, bundle.interpretation, bundle.catalog), []).append(o)
            here: list[TenantPerson] = []
            for tenant, person in bundle.refold:
                partition = self._log.partition_of(OBSERVATIONS, person)
                (here if partition == record.partition else refolds.setdefault(partition, [])).append((tenant, person))
            if len(stay) < len(bundle.observations) or len(here) < len(bundle.refold):
                bundle = msgspec.structs.replace(bundle, observations=stay, refold=here)
            home.append(Observed(record, bundle))
        catalog_position = self._known.position  # at least what was known when it was decided where they go
        sent = [
            self._log.submit(
                OBSERVATIONS,
                Entry("", encode_observations(moved, interpretation, catalog, False, catalog_position), len(moved)),
                partition,
            )
            for (partition, interpretation, catalog), moved in away.items()
        ]
        sent += self._submit_refolds(refolds, catalog_position)
        for each in sent:
            each.result()
        return home
