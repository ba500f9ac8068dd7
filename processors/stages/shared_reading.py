"""Read and resolve once what several folds need of the same persons.

The first fold that asks has the history read; the folds after it get the same result, where they ask for the same. A
fold that is at another point, as after a failure or with other weights, has the history read for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

from lrs.store.client import Store
from processors.meaning.resolve import Doubt, Refold, Resolved, Resolver, read_on
from processors.stages import learner_history
from processors.stages.fold_mark import FoldMark
from processors.stages.who_is_who import PeopleByTenant, TenantPerson
from schemas.evidence import Evidence
from schemas.observation import Observation

MOST_KEPT = 50_000  # observations, and pieces of evidence: what is more is read and resolved again
_Histories = dict[TenantPerson, list[Observation]]


@dataclass(slots=True)
class FoldedLearner:
    """A learner's state in a worker's cache.

    Folds at the same point share a resolver. `read`: how much the resolver had read when this fold last used it; where
    another fold had it read more since, the resolver is of no use to this fold. `version`: of the learner's own row in
    the table; 0 where there is none.
    """

    state: Any
    mark: FoldMark
    resolver: Resolver
    read: int = 0
    version: int = 0


class _CachedRead(NamedTuple):
    """A cached result of reading or resolving; `key` is what was asked for."""

    key: tuple[Any, ...]
    value: Any


class SharedReading:
    """Reads and resolves for `folds` folds, that take the same batches in turn. What is kept for the others lasts until
    `forget`."""

    def __init__(self, store: Store, folds: int = 1) -> None:
        self._store = store
        self._for_one_fold = folds == 1
        self._restored: dict[TenantPerson, _CachedRead] = {}
        self._advanced: dict[int, tuple[Resolver, _CachedRead]] = {}  # by the resolver's identity
        self._read: dict[TenantPerson, _CachedRead] = {}
        self._evidence = 0  # in what was read
        self._histories: list[tuple[PeopleByTenant, _CachedRead]] = []
        self._observations = 0  # in these

    def forget(self) -> None:
        """Keep nothing: the batch is done."""
        self._restored.clear()
        self._advanced.clear()
        self._read.clear()
        self._evidence = 0
        self._histories = []
        self._observations = 0

    def restore(self, learner: TenantPerson, dumped: bytes, idle: int) -> Resolver:
        """A resolver that goes on from what was kept. It may have read more already: see `advance`."""
        key = (dumped, idle)
        cached = self._restored.get(learner)
        if cached is not None and cached.key == key:
            restored: Resolver = cached.value
            return restored
        restored = Resolver.restore(dumped, idle)
        if not self._for_one_fold:
            self._restored[learner] = _CachedRead(key, restored)
        return restored

    def look_up(
        self, pending: Mapping[TenantPerson, tuple[FoldedLearner, Sequence[Observation]]], people: PeopleByTenant
    ) -> None:
        """Look up in the history what the resolvers' states no longer hold but the observations refer to. Raises the
        store's errors."""
        doubts, until, resolvers = {}, {}, {}
        for learner, (folded, observations) in pending.items():
            resolver = folded.resolver
            if resolver.read == folded.read and (new_doubts := resolver.doubts(observations)):
                doubts[learner], until[learner], resolvers[learner] = new_doubts, folded.mark.order[0], resolver
        for learner, absent in self.absent(doubts, until, people).items():
            resolvers[learner].absent = absent

    def absent(
        self,
        doubts: Mapping[TenantPerson, Sequence[Doubt]],
        until: Mapping[TenantPerson, int],
        people: PeopleByTenant,
        beside: str | None = None,
    ) -> dict[TenantPerson, set[int]]:
        """The keys of doubts that the history does not confirm. Raises the store's errors."""
        if not doubts:
            return {}
        confirmed_keys = learner_history.confirmed(self._store, doubts, until, people, beside)
        return {
            learner: {doubt.key for doubt in doubts_of_learner} - confirmed_keys[learner]
            for learner, doubts_of_learner in doubts.items()
        }

    def advance(self, folded: FoldedLearner, observations: Sequence[Observation]) -> list[Evidence]:
        """The evidence of observations that follow. Raises Refold, and whatever a rule cannot digest: then the resolver
        is of no use to any fold."""
        resolver = folded.resolver
        key = (folded.read, observations)
        if resolver.read != folded.read:
            _, cached = self._advanced.get(id(resolver), (resolver, None))
            if cached is None or cached.key != key:
                raise Refold
            folded.read = resolver.read
            evidence: list[Evidence] = cached.value
            return evidence
        evidence = resolver.advance_all(observations)
        if not self._for_one_fold:
            self._advanced[id(resolver)] = (resolver, _CachedRead(key, evidence))
        folded.read = resolver.read
        return evidence

    def histories(
        self, learners: Sequence[TenantPerson], people: PeopleByTenant, beside: str | None, since: int | None
    ) -> Mapping[TenantPerson, Sequence[Observation]]:
        """As learner_history.read_histories."""
        key = (learners, beside, since)
        for people_read, cached in self._histories:
            if people_read is people and cached.key == key:
                history_by_learner: _Histories = cached.value
                return history_by_learner
        history_by_learner = learner_history.read_histories(self._store, learners, people, beside, since)
        observations_read = sum(map(len, history_by_learner.values()))
        if not self._for_one_fold and self._observations + observations_read <= MOST_KEPT:
            self._observations += observations_read
            self._histories.append((people, _CachedRead(key, history_by_learner)))
        return history_by_learner

    def read_on(
        self,
        learner: TenantPerson,
        state: bytes | None,
        observations: Sequence[Observation],
        stops: Iterable[int],
        idle: int,
        absent: Set[int] = frozenset(),
    ) -> Resolved:
        """As processors.meaning.resolve.read_on, of one learner."""
        key = (state, observations, list(stops), idle)
        cached = self._read.get(learner)
        if cached is not None and cached.key == key:
            resolved: Resolved = cached.value
            return resolved
        resolved = read_on(state, observations, key[2], idle, absent)
        if not self._for_one_fold and self._evidence < MOST_KEPT:
            self._evidence += len(resolved.evidence)
            self._read[learner] = _CachedRead(key, resolved)
        return resolved
