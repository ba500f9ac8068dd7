"""What is known where observations are read at once: what earlier ones became may still be changed."""

from __future__ import annotations

from collections.abc import Sequence

from processors.meaning.resolve.resolver_state import ItemTry, ResolverState, id_hash
from schemas.evidence import Evidence
from schemas.observation import Observation


class Refold(Exception):
    """The history has to be read again: what earlier observations became changes, or is no longer in the state."""


class History:
    """What is known where a history is read at once: tries that left the state, what each became, and sessions that
    are reviewed later. Where it is read from some point on, what was before that is not known: then Refold is raised.
    """

    def __init__(self, observations: Sequence[Observation], state: ResolverState, whole: bool) -> None:
        self.whole = whole
        self.at = 0  # which observation is read
        self.reaches: list[tuple[int, int]] = []  # (changed, by): which observation changed what another had become
        self.archive: dict[tuple[int, int], ItemTry] = {}
        self.latest: dict[int, ItemTry] = {}
        self.reviewed: set[int] = set()
        self._before = [] if whole else list(state.tries)  # alive, as tries are known by their identity
        self._before_ids = {id(one) for one in self._before}
        self._left: list[ItemTry] = []  # alive, too
        self._emitted: dict[int, tuple[int, list[Evidence]]] = {}  # since when, and what
        self._review(observations)

    def keep(self, one: ItemTry) -> None:
        """A try leaves the state."""
        self._left.append(one)
        self.archive[one.item, one.attempt] = self.latest[one.item] = one

    def emit(self, one: ItemTry, evidence: Evidence) -> None:
        """A try became evidence."""
        self._emitted.setdefault(id(one), (self.at, []))[1].append(evidence)

    def earlier(self, one: ItemTry) -> list[Evidence]:
        """What a try became, to be changed. Raises Refold where that was before what is read."""
        if id(one) in self._before_ids:
            raise Refold
        since, found = self._emitted.get(id(one), (self.at, []))
        self.reaches.append((since, self.at))
        return found

    def reaches_over(self, count: int) -> bool:
        """Whether anything after the first `count` observations changed what they had become."""
        return any(changed < count <= by for changed, by in self.reaches)

    def _review(self, observations: Sequence[Observation]) -> None:
        """Sessions that count for nothing, from their first observation on."""
        reviewed = {o.session: at for at, o in reversed(list(enumerate(observations))) if o.mode and o.session}
        if not reviewed:
            return
        first: dict[str, int] = {}
        for at, o in enumerate(observations):
            if o.session in reviewed:
                first.setdefault(o.session, at)
        self.reaches += [(first[session], at) for session, at in reviewed.items()]
        self.reviewed = set(map(id_hash, reviewed))
