"""Learners folded again beside the live tables, and the rows moved over: all of a table's at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from lrs.log import Log
from lrs.store.client import Store
from lrs.store.projections import definition
from processors.folds.interface import Fold
from processors.reinterpretation.differences import Differences, Stopped
from processors.runtime.replay import CHUNK
from processors.stages import observation_table
from processors.stages.everybody import Known, KnownPeople, Learner, changed, persons_of, seen_since
from processors.stages.fold_learners import Beside, FoldLearners
from processors.stages.shared_reading import SharedReading

OBSERVATIONS_BESIDE = "observations_reread"


class Tables:
    """The tables beside those of the record and of the folds. `reread`: see processors.stages.fold_learners.Beside."""

    def __init__(self, log: Log, store: Store, folds: Sequence[Fold], known: Known, reread: int) -> None:
        self._store = store
        self._folds = folds
        self._known = known
        self._people = KnownPeople(known.people)
        self._shared = SharedReading(store, len(folds))
        self._projects = [
            FoldLearners(
                log,
                store,
                fold,
                known,
                beside=Beside(OBSERVATIONS_BESIDE, _beside(fold), reread),
                shared=self._shared,
            )
            for fold in folds
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

    def fold(self, tenant: str, identities: Iterable[str], stopped: Callable[[], bool] = lambda: False) -> None:
        """Fold the persons again whose identities these are. Raises Stopped, the store's errors and the log's."""
        self._fold(persons_of(((tenant, one) for one in identities), self._people), stopped)

    def fold_late(self, tenant: str, found: Differences, since: int) -> None:
        """Fold those again of whom more was observed after a sequence, or who turned out to be others."""
        self._known.follow()
        before, self._people = self._people, KnownPeople(self._known.people)
        concerned = [(tenant, one) for one in sorted(found.learners)]
        persons = set(persons_of(concerned, self._people))
        late = persons_of((one for one in seen_since(self._store, since) if one[0] == tenant), self._people)
        self._fold(sorted({*changed(concerned, before, self._people), *(one for one in late if one in persons)}))

    def _fold(self, persons: Sequence[Learner], stopped: Callable[[], bool] = lambda: False) -> None:
        for start in range(0, len(persons), CHUNK):
            if stopped():
                raise Stopped
            for project in self._projects:
                project.refold_known(persons[start : start + CHUNK], self._people)
            self._shared.forget()

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
