"""How far the projections are behind the log."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrs.log import Log, Unavailable
from processors.folds.registry import names
from schemas.record import OBSERVATIONS, STATEMENTS

LOOK_SECONDS = 0.25
OLD_SECONDS = 2.0  # a last look that is older tells that the log does not answer
# A record stands in the log at most so long after its statements were stamped, or it was refused: the log's own limits.
ON_THE_WAY = 10_000_000  # µs
_Ends = Sequence[int]

logger = logging.getLogger(__name__)


def reader(log: Log, fold: str) -> str:
    """The group that keeps a fold's position: its own, embedded; else all folds read together."""
    return fold if log.unique_ids else "project"


def readers(log: Log) -> list[tuple[str, str]]:
    """The groups that read on the way of an event, with what they read; admit is the first."""
    folding = dict.fromkeys(reader(log, fold) for fold in names())
    return [("admit", STATEMENTS), *((group, OBSERVATIONS) for group in folding)]


def freshness(log: Log, now: int) -> dict[str, Any]:
    """Positions, records that are behind, and the age in seconds of the oldest that is. `now` is in µs.

    Raises Unavailable.
    """
    found = _look(log)
    times = [
        record.time
        for (_, topic), reached, ends in zip(readers(log), found.reached, found.ends, strict=True)
        for partition, (at, end) in enumerate(zip(reached, ends, strict=False))
        if at < end
        for record in log.partition(partition).read(topic, at, 1)
    ]
    return _told(found, (now - min(times)) / 1e6 if times else 0.0)


class Lag:
    """Follows how far the readers of a log are behind, where asking the log each time would cost too much.

    Compares the ends of the partitions with the groups' positions: a reader that has reached the ends of an earlier
    look has read all that the log held then. So no record is read, and the lag is never understated.
    """

    def __init__(self, log: Log, clock: Callable[[], int]) -> None:
        self._log = log
        self._clock = clock
        self._stop = threading.Event()
        self._found: _Found | None = None
        self._looked = 0
        self._looks: list[deque[tuple[int, _Ends]]] = [deque() for _ in readers(log)]
        self._since: list[int] = []  # by reader: all that was appended before is read
        self._thread = threading.Thread(target=self._follow, name="lag", daemon=True)

    def start(self) -> None:
        """Look now, and from now on. Raises Unavailable."""
        self.look()
        self._thread.start()

    def look(self) -> None:
        """Look once. Raises Unavailable."""
        now = self._clock()
        found = _look(self._log)
        if not self._since:
            age = freshness(self._log, now)["age_seconds"]
            self._since = [now - round(age * 1e6)] * len(self._looks)
        for reader, looks in enumerate(self._looks):
            looks.append((now, found.ends[reader]))
            while looks and _past(found.reached[reader], looks[0][1]):
                self._since[reader] = looks.popleft()[0]
        self._found, self._looked = found, now

    def told(self) -> dict[str, Any]:
        """As `freshness`. Raises Unavailable when the log has not answered yet."""
        if self._found is None:
            raise Unavailable("the log does not answer")
        now = self._clock()
        waiting = any(self._looks) or not self.current
        return _told(self._found, max(0.0, (now - min(self._since)) / 1e6) if waiting else 0.0)

    @property
    def current(self) -> bool:
        """Whether the log answered a moment ago."""
        return self._clock() - self._looked < OLD_SECONDS * 1e6

    @property
    def through(self) -> int:
        """µs since the epoch: every statement stored before is admitted."""
        return self._since[0] - ON_THE_WAY if self._since else 0

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except Unavailable as error:
                logger.warning("the log does not tell how far it is read: %s", error)


@dataclass(frozen=True, slots=True)
class _Found:
    """By reader: where it reads on in each partition, and the partitions' ends."""

    reached: list[_Ends] = field(default_factory=list)
    ends: list[_Ends] = field(default_factory=list)


def _look(log: Log) -> _Found:
    ends = {topic: log.ends(topic) for topic in (STATEMENTS, OBSERVATIONS)}
    return _Found([log.reached(group, topic) for group, topic in readers(log)], [ends[t] for _, t in readers(log)])


def _past(reached: _Ends, ends: _Ends) -> bool:
    return all(at >= end for at, end in zip(reached, ends, strict=False))


def _told(found: _Found, age: float) -> dict[str, Any]:
    admitted, end = sum(found.reached[0]), sum(found.ends[0])
    observed = sum(found.ends[1])
    projected = min(sum(reached) for reached in found.reached[1:])
    return {
        "position": admitted,
        "log_end": end,
        "projected": projected,
        "observations_end": observed,
        "behind": max(0, end - admitted) + max(0, observed - projected),
        "age_seconds": round(max(0.0, age), 3),
    }
