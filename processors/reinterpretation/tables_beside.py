"""Learners folded again beside the live tables, and the rows moved over: all of a table's at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from lrs.log import Log
from lrs.store.client import Store
from lrs.store.projections import fold_table_sql
from processors.folds.interface import Fold
from processors.reinterpretation.observation_differences import ObservationDifferences, StopAsked
from processors.reinterpretation.two_at_a_time import overlap
from processors.stages import observation_table
from processors.stages.fold_learners import FoldLearners, TablesBeside
from processors.stages.shared_reading import SharedReading
from processors.stages.who_is_who import PeopleSnapshot, TenantPerson, WhoIsWho, persons_of, persons_to_refold
from schemas.observation import Order

OBSERVATIONS_BESIDE = "observations_reread"
CHUNK = 100  # persons that are folded at a time, by each thread


class RereadTables:
    """Tables beside those of the record and the folds. `reread`: see processors.stages.fold_learners.TablesBeside."""

    def __init__(self, log: Log, store: Store, folds: Sequence[Fold], who_is_who: WhoIsWho, reread: int) -> None:
        self._store = store
        self._folds = folds
        self._known = who_is_who
        self._people = PeopleSnapshot(who_is_who.people)
        self._log = log
        self._reread = reread

    @contextmanager
    def made(self) -> Iterator[None]:
        """The tables, empty, and dropped in the end."""
        self._drop()
        self._store.command(observation_table.observations_table_sql(OBSERVATIONS_BESIDE))
        for fold in self._folds:
            self._store.command(fold_table_sql(fold, _table_beside(fold)))
        try:
            yield
        finally:
            self._drop()

    def fold(
        self, tenant: str, differences: ObservationDifferences, stopped: Callable[[], bool] = lambda: False
    ) -> None:
        """Fold the persons again of whom observations became others, each from before the first that did.

        Raises StopAsked, the store's errors and the log's.
        """
        self._fold(
            tenant,
            persons_of(((tenant, learner) for learner in differences.learners), self._people),
            differences,
            stopped,
        )

    def fold_late(self, tenant: str, differences: ObservationDifferences, announced: Iterable[str]) -> int:
        """Fold persons again of whom more was `announced`, or whose identities changed meanwhile; gives how many."""
        self._known.follow()
        before, self._people = self._people, PeopleSnapshot(self._known.people)
        concerned = [(tenant, learner) for learner in sorted(differences.learners)]
        persons = set(persons_of(concerned, self._people))
        late = persons_of(((tenant, learner) for learner in announced), self._people)
        others = persons_to_refold(concerned, before, self._people)
        more = sorted({person for person in late if person in persons} - set(others))
        self._fold(tenant, more, differences)
        self._fold(tenant, others, ObservationDifferences())
        return len(more) + len(others)

    def _fold(
        self,
        tenant: str,
        persons: Sequence[TenantPerson],
        differences: ObservationDifferences,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        first = self._first(tenant, persons, differences)

        def fold(some: Sequence[TenantPerson]) -> None:
            if stopped():
                raise StopAsked
            shared = SharedReading(self._store, len(self._folds))
            for each_fold in self._folds:
                beside = TablesBeside(OBSERVATIONS_BESIDE, _table_beside(each_fold), self._reread)
                learners = FoldLearners(self._log, self._store, each_fold, self._known, beside=beside, shared=shared)
                learners.refold_known(some, self._people, first)

        overlap(fold, (persons[start : start + CHUNK] for start in range(0, len(persons), CHUNK)))

    def _first(
        self, tenant: str, persons: Sequence[TenantPerson], differences: ObservationDifferences
    ) -> dict[TenantPerson, Order]:
        """The first observation that became another, of persons of whom that is known."""
        first: dict[TenantPerson, Order] = {}
        for person in persons:
            orders = [
                differences.first[identity]
                for identity in self._people[tenant].identities(person[1])
                if identity in differences.first
            ]
            if orders:
                first[person] = min(orders)
        return first

    def move(self) -> None:
        """Put the rows into the live tables: each table's become valid at once, observations first.

        Where this is cut short, their versions say whose folds are to follow: `follower.read_since` finds them.
        """
        _attach(self._store, OBSERVATIONS_BESIDE, "observations")
        for fold in self._folds:
            _attach(self._store, _table_beside(fold), fold.name)

    def _drop(self) -> None:
        for table in (OBSERVATIONS_BESIDE, *map(_table_beside, self._folds)):
            self._store.command(f"DROP TABLE IF EXISTS {table} SYNC")


def _table_beside(fold: Fold) -> str:
    return f"{fold.name}_reread"


def _attach(store: Store, source: str, table: str) -> None:
    store.command(f"ALTER TABLE {table} ATTACH PARTITION ID 'all' FROM {source}")
