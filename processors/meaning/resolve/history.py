"""What is known when a whole history is read in one go, so that a later observation can still change an earlier one's
evidence.
"""

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

    def __init__(self, observations: Sequence[Observation], state: ResolverState, from_the_beginning: bool) -> None:
        self.from_the_beginning = from_the_beginning
        self.index = 0  # which observation is read
        self.reaches: list[
            tuple[int, int]
        ] = []  # (corrected, corrected_by): which observation changed what another had become
        self.archive: dict[tuple[int, int], ItemTry] = {}
        self.latest: dict[int, ItemTry] = {}
        self.reviewed: set[int] = set()
        self._before = [] if from_the_beginning else list(state.tries)  # kept referenced so that id() is not reused
        self._before_ids = {id(item_try) for item_try in self._before}
        self._left: list[ItemTry] = []  # kept referenced, too
        self._emitted: dict[int, tuple[int, list[Evidence]]] = {}  # since when, and what
        self._review(observations)

    def keep(self, item_try: ItemTry) -> None:
        """A try leaves the state."""
        self._left.append(item_try)
        self.archive[item_try.item, item_try.attempt] = self.latest[item_try.item] = item_try

    def emit(self, item_try: ItemTry, evidence: Evidence) -> None:
        """A try became evidence."""
        self._emitted.setdefault(id(item_try), (self.index, []))[1].append(evidence)

    def earlier(self, item_try: ItemTry) -> list[Evidence]:
        """What a try became, to be changed. Raises Refold where that was before what is read."""
        if id(item_try) in self._before_ids:
            raise Refold
        since, evidence = self._emitted.get(id(item_try), (self.index, []))
        self.reaches.append((since, self.index))
        return evidence

    def reaches_over(self, count: int) -> bool:
        """Whether anything after the first `count` observations changed what they had become."""
        return any(corrected < count <= corrected_by for corrected, corrected_by in self.reaches)

    def _review(self, observations: Sequence[Observation]) -> None:
        """Sessions that count for nothing, from their first observation on."""
        reviewed = {o.session: at for at, o in reversed(list(enumerate(observations))) if o.mode and o.session}
        if not reviewed:
            return
        first_answers: dict[str, int] = {}
        for at, o in enumerate(observations):
            if o.session in reviewed:
                first_answers.setdefault(o.session, at)
        self.reaches += [(first_answers[session], at) for session, at in reviewed.items()]
        self.reviewed = set(map(id_hash, reviewed))
