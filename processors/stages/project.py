"""Project: every fold over one reading of the observations topic, each learner by the reader of its home partition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrs.log import Entry, Log, Record
from lrs.store.client import Store
from processors.folds.interface import Fold
from processors.stages.dead_letters import DeadLetters
from processors.stages.fold_learners import FoldLearners
from schemas.envelope import Unreadable
from schemas.observation import Observation, decode_observations, encode_observations
from schemas.record import CATALOG, OBSERVATIONS, PROJECT

# What a replay swaps, and how far the past is read again: then others have written the learners' rows.
_TABLES = """
SELECT name, toString(uuid) FROM system.tables WHERE database = currentDatabase() AND name IN %(names)s
UNION ALL
SELECT reader, toString(max(position)) FROM checkpoints WHERE topic = %(topic)s GROUP BY reader
"""


class Project:
    """Takes batches of the observations topic and gives them to every fold.

    After partitions are added, older observations sit in another partition than the learner's later ones. They are
    sent on to the learner's home partition before they are acknowledged, and the learner is refolded there.
    """

    topic = OBSERVATIONS
    group = PROJECT

    def __init__(self, log: Log, store: Store, folds: Sequence[Fold]) -> None:
        self._log = log
        self._store = store
        self._folds = [FoldLearners(log, store, fold) for fold in folds]
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

    def handle(self, records: Sequence[Record]) -> None:
        """Fold one batch in. Raises StoreUnavailable, StoreRefused and the log's errors: deliver it again."""
        home = self._at_home(records)
        tables = sorted(self._store.tuples(_TABLES, {"names": self._names, "topic": CATALOG}))
        if tables != self._tables:
            self.reset()
            self._tables = tables
        for fold in self._folds:
            fold.handle(home)

    def _at_home(self, records: Sequence[Record]) -> list[Record]:
        """What is of learners at home, bundles in part where need be; the rest is appended to its home's partition."""
        home: list[Record] = []
        away: dict[tuple[int, int, int], list[Observation]] = {}  # by partition, interpretation and catalog
        for record in records:
            try:
                bundle = decode_observations(record.value)
            except Unreadable as error:
                self._dead_letters.write(record, "", str(error))
                continue
            stay: list[Observation] = []
            for o in bundle.observations:
                partition = self._log.partition_of(OBSERVATIONS, o.learner)
                if partition == record.partition:
                    stay.append(o)
                else:
                    away.setdefault((partition, bundle.interpretation, bundle.catalog), []).append(o)
            if len(stay) < len(bundle.observations):
                kept = encode_observations(stay, bundle.interpretation, bundle.catalog, bundle.in_order)
                record = record._replace(value=kept)
            home.append(record)
        sent = [
            self._log.submit(
                OBSERVATIONS,
                Entry("", encode_observations(found, interpretation, catalog, in_order=False), len(found)),
                partition,
            )
            for (partition, interpretation, catalog), found in away.items()
        ]
        for each in sent:
            each.result()
        return home
