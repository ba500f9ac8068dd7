"""Project: every fold over one reading of the observations topic, each person by the reader of its home partition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from lrs.log import Entry, Log, Record
from lrs.store.client import Store
from processors.folds.interface import Fold
from processors.meaning.version import INTERPRETATION
from processors.stages.dead_letters import DeadLetters
from processors.stages.everybody import Everybody, Known, KnownPeople, Learner
from processors.stages.fold_learners import FoldLearners
from schemas.envelope import Unreadable, encode
from schemas.observation import (
    Observation,
    ObservationBundle,
    decode_observations,
    encode_observations,
    encode_refold,
)
from schemas.record import CATALOG, OBSERVATIONS, PROJECT

# What a replay swaps, and how far the past is read again: then others have written the learners' rows.
_TABLES = """
SELECT name, toString(uuid) FROM system.tables WHERE database = currentDatabase() AND name IN %(names)s
UNION ALL
SELECT reader, toString(max(position)) FROM checkpoints WHERE topic = %(topic)s GROUP BY reader
"""


class Project:
    """Takes batches of the observations topic and gives them to every fold.

    After partitions are added, or a person turns out to be another, older observations sit in another partition than
    the person's later ones. They are sent on to the person's home partition before they are acknowledged. There the
    person is refolded by one who knows at least as much of the catalog.
    """

    topic = OBSERVATIONS
    group = PROJECT

    def __init__(self, log: Log, store: Store, folds: Sequence[Fold], known: Known) -> None:
        self._log = log
        self._store = store
        self._known = known
        self._folds = [FoldLearners(log, store, fold, known) for fold in folds]
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
        bundles = self._bundles(records)
        self._known.reach(max((bundle.known for _, bundle in bundles), default=0))
        people = KnownPeople(self._known.people)  # one for all folds: who is at home here, and who is folded, agree
        home = self._at_home(bundles, people)
        tables = sorted(self._store.tuples(_TABLES, {"names": self._names, "topic": CATALOG}))
        if tables != self._tables:
            self.reset()
            self._tables = tables
        for fold in self._folds:
            fold.handle(home, people)

    def _bundles(self, records: Sequence[Record]) -> list[tuple[Record, ObservationBundle]]:
        found: list[tuple[Record, ObservationBundle]] = []
        for record in records:
            try:
                found.append((record, decode_observations(record.value)))
            except Unreadable as error:
                self._dead_letters.write(record, "", str(error))
        return found

    def _at_home(self, bundles: Iterable[tuple[Record, ObservationBundle]], people: Everybody) -> list[Record]:
        """What is of persons at home, bundles in part where need be; the rest is appended to its home's partition."""
        home: list[Record] = []
        away: dict[tuple[int, int, int], list[Observation]] = {}  # by partition, interpretation and catalog
        asked: dict[int, list[Learner]] = {}
        for record, bundle in bundles:
            stay: list[Observation] = []
            for o in bundle.observations:
                partition = self._log.partition_of(OBSERVATIONS, people[o.tenant].person(o.person))
                if partition == record.partition:
                    stay.append(o)
                else:
                    away.setdefault((partition, bundle.interpretation, bundle.catalog), []).append(o)
            here: list[Learner] = []
            for tenant, person in bundle.refold:
                partition = self._log.partition_of(OBSERVATIONS, person)
                (here if partition == record.partition else asked.setdefault(partition, [])).append((tenant, person))
            if len(stay) < len(bundle.observations) or len(here) < len(bundle.refold):
                kept = msgspec.structs.replace(bundle, observations=stay, refold=here)
                record = record._replace(value=encode(kept))
            home.append(record)
        known = self._known.position  # at least what was known when it was decided where they go
        sent = [
            self._log.submit(
                OBSERVATIONS,
                Entry("", encode_observations(found, interpretation, catalog, False, known), len(found)),
                partition,
            )
            for (partition, interpretation, catalog), found in away.items()
        ]
        sent += [
            self._log.submit(OBSERVATIONS, Entry("", encode_refold(persons, INTERPRETATION, known), len(persons)), to)
            for to, persons in asked.items()
        ]
        for each in sent:
            each.result()
        return home
