"""Learners folded again beside the live tables, and the rows moved over: all of a table's at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from lrs.log import Log
from lrs.store.client import Store
from lrs.store.projections import definition
from processors.folds.interface import Fold
from processors.reinterpretation.differences import Differences, Stopped
from processors.runtime.replay import CHUNK, learners_since
from processors.stages import observation_table
from processors.stages.fold_learners import Beside, FoldLearners

OBSERVATIONS_BESIDE = "observations_reread"


class Tables:
    """The tables beside those of the record and of the folds. `reread`: see processors.stages.fold_learners.Beside."""

    def __init__(self, log: Log, store: Store, folds: Sequence[Fold], reread: int) -> None:
        self._store = store
        self._folds = folds
        self._projects = [
            FoldLearners(log, store, fold, beside=Beside(OBSERVATIONS_BESIDE, _beside(fold), reread)) for fold in folds
        ]

    @contextmanager
    def made(self) -> Iterator[None]:
        """The tables, empty, and dropped in the end."""
        self._drop()
        self._store.command(observation_table.definition(OBSERVATIONS_BESIDE))
        for fold in self._folds:
            self._store.command(definition(fold, _beside(fold)))
        try:
            yield
        finally:
            self._drop()

    def fold(self, tenant: str, learners: Sequence[str], stopped: Callable[[], bool] = lambda: False) -> None:
        """Fold learners again. Raises Stopped, the store's errors and the log's."""
        for start in range(0, len(learners), CHUNK):
            if stopped():
                raise Stopped
            for project in self._projects:
                project.refold_known([(tenant, learner) for learner in learners[start : start + CHUNK]])

    def fold_late(self, tenant: str, found: Differences, since: int) -> None:
        """Fold those again of whom more was observed after a sequence."""
        late = [
            name for whose, name in learners_since(self._store, since) if whose == tenant and name in found.learners
        ]
        self.fold(tenant, late)

    def move(self) -> None:
        """Put the rows into the live tables: each table's become valid at once, observations first.

        Where this is cut short, their versions say whose folds are to follow.
        """
        _attach(self._store, OBSERVATIONS_BESIDE, "observations")
        for fold in self._folds:
            _attach(self._store, _beside(fold), fold.name)

    def _drop(self) -> None:
        for table in (OBSERVATIONS_BESIDE, *map(_beside, self._folds)):
            self._store.command(f"DROP TABLE IF EXISTS {table} SYNC")


def _beside(fold: Fold) -> str:
    return f"{fold.name}_reread"


def _attach(store: Store, source: str, table: str) -> None:
    store.command(f"ALTER TABLE {table} ATTACH PARTITION ID 'all' FROM {source}")
