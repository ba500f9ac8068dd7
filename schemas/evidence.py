"""Evidence: what folds fold. One person's observations become evidence in `processors.meaning.resolve`."""

from __future__ import annotations

import msgspec

from schemas.observation import Kind, Order


class Evidence(msgspec.Struct):
    """What one observation adds to what is known of a learner, in the order of the observations.

    An answer is one ATTEMPT, however often it was reported and judged: outcome is its last one. Where a try is
    first reported unjudged, its judgement comes as an ATTEMPT with `again`. What adds nothing to a known try, and
    the result of a whole whose parts are known, comes as a SCORE without an outcome: it still vouches for time.

    own: the learner did it; else somebody assessed it, or gave an award, and it counts as no day, session or minute of
    the learner's.
    assistance: HINT or SOLUTION, where one of the item was shown before, else "". session: it begins one. day is
    the local day since the epoch; active are (day, µs) of active time that no earlier evidence has vouched for.
    stretches of the item were played: start, end, start, end, …, in seconds of the medium, played before or not.
    """

    time: int
    sent: int
    statement: str
    ordinal: int
    kind: Kind
    verb: str = ""
    item: str = ""
    skills: tuple[str, ...] = ()
    outcome: float | None = None
    share: float | None = None
    duration: float | None = None
    again: bool = False
    own: bool = True
    assistance: str = ""
    provisional: bool = False
    session: bool = False
    day: int = 0
    active: tuple[tuple[int, int], ...] = ()
    classes: tuple[str, ...] = ()
    stretches: tuple[float, ...] = ()

    @property
    def order(self) -> Order:
        """The observation's position in the order of folding."""
        return (self.time, self.sent, self.statement, self.ordinal)
