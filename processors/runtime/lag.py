"""How far the projections are behind the log, and until when everything that was stored is admitted."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lrs.log import Log, Unavailable
from schemas.record import OBSERVATIONS

LOOK_SECONDS = 0.25
OLD_SECONDS = 2.0  # a last look that is older says that the log does not answer
SKEW = 10_000_000  # µs by which the brokers' clocks may differ from this machine's
# That read on the way of an event, each with its topic: admit is the first, then what reads observations, then others.
Groups = Sequence[tuple[str, str]]
_Ends = Sequence[int]

logger = logging.getLogger(__name__)


def freshness(log: Log, groups: Groups, now: int) -> dict[str, Any]:
    """Positions, records that are behind, and the age in seconds of the oldest that is. `now` is in µs.

    Raises Unavailable.
    """
    group_ends = _look_at_groups(log, groups)
    times = [
        record.time
        for (_, topic), reached, ends in zip(groups, group_ends.reached, group_ends.ends, strict=True)
        for partition, (at, end) in enumerate(zip(reached, ends, strict=False))
        if at < end
        for record in log.partition(partition).read(topic, at, 1)
    ]
    return _freshness(groups, group_ends, (now - min(times)) / 1e6 if times else 0.0)


class GroupLag:
    """Follows how far the groups of a log are behind, where asking the log each time would cost too much.

    Compares the ends of the partitions with the groups' positions: a group that has reached the ends of an earlier
    look has read all that the log held then. So no record is read, and the lag is never understated.
    """

    def __init__(self, log: Log, groups: Groups, clock: Callable[[], int]) -> None:
        self._log = log
        self._groups = groups
        self._clock = clock
        self._stop = threading.Event()
        self._found: _GroupEnds | None = None
        self._looked = 0
        self._looks: list[deque[tuple[int, _Ends]]] = [deque() for _ in groups]
        self._since: list[int] = []  # by group: all that was appended before is read
        self._unread: deque[_AwaitedLook] = deque()  # looks whose statements are not all read
        self._sent_on: deque[_AwaitedLook] = deque()  # looks whose statements are read, and may have been sent on
        self._admitted = 0  # all that was stored before, by this machine's clock, is admitted
        self._thread = threading.Thread(target=self._follow, name="lag", daemon=True)

    def start(self) -> None:
        """Look now, and from now on. Raises Unavailable."""
        self.look()
        self._thread.start()

    def look(self) -> None:
        """Look once. Raises Unavailable."""
        now = self._clock()
        group_ends = _look_at_groups(self._log, self._groups)
        if not self._since:
            age = freshness(self._log, self._groups, now)["age_seconds"]
            self._since = [now - round(age * 1e6)] * len(self._looks)
        for group, looks in enumerate(self._looks):
            looks.append((now, group_ends.ends[group]))
            while looks and has_passed(group_ends.reached[group], looks[0][1]):
                self._since[group] = looks.popleft()[0]
        self._look_at_admit(now, group_ends.reached[0], group_ends.ends[0])
        self._found, self._looked = group_ends, now

    def _look_at_admit(self, now: int, reached: _Ends, ends: _Ends) -> None:
        """Follow until when statements are admitted: what was read in one partition may have been sent on to another.

        It is sent on before its position is committed. So what a look saw is admitted when it is read, and when what
        the partitions hold at a later look is read, too. Where partitions were added, it may be sent on once more.
        """
        for waiting in self._sent_on:
            waiting.ends = waiting.ends or ends
        while self._sent_on and has_passed(reached, self._sent_on[0].ends):
            waiting = self._sent_on.popleft()
            if len(waiting.ends) == len(ends):
                self._admitted = waiting.time
            else:
                self._sent_on.appendleft(_AwaitedLook(waiting.time, ends))
                break
        self._unread.append(_AwaitedLook(now, ends))
        records_read = 0
        while self._unread and has_passed(reached, self._unread[0].ends):
            records_read = self._unread.popleft().time
        if records_read:
            self._sent_on.append(_AwaitedLook(records_read, ()))

    def freshness(self) -> dict[str, Any]:
        """As the function `freshness`. Raises Unavailable when the log has not answered yet."""
        if self._found is None:
            raise Unavailable("the log does not answer")
        now = self._clock()
        waiting = any(self._looks) or not self.current
        return _freshness(self._groups, self._found, max(0.0, (now - min(self._since)) / 1e6) if waiting else 0.0)

    @property
    def current(self) -> bool:
        """Whether the log answered a moment ago."""
        return self._clock() - self._looked < OLD_SECONDS * 1e6

    @property
    def through(self) -> int:
        """µs since the epoch: whatever was, or will be, stored until then is admitted (0: not known yet)."""
        return max(0, self._admitted - SKEW)

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
                logger.warning("the log does not say how far it is read: %s", error)


@dataclass(slots=True)
class _AwaitedLook:
    """A look, and the ends that are to be reached before all that it saw is (empty: those of the next look)."""

    time: int
    ends: _Ends


@dataclass(frozen=True, slots=True)
class _GroupEnds:
    """By group: where it reads on in each partition, and the partitions' ends."""

    reached: list[_Ends]
    ends: list[_Ends]


def _look_at_groups(log: Log, groups: Groups) -> _GroupEnds:
    """The ends first: what is appended meanwhile does not make a group seem further than it is."""
    ends = {topic: log.ends(topic) for topic in dict.fromkeys(topic for _, topic in groups)}
    return _GroupEnds([log.reached(group, topic) for group, topic in groups], [ends[topic] for _, topic in groups])


def has_passed(reached: _Ends, ends: _Ends) -> bool:
    """Whether a group has read all partitions up to these ends."""
    return all(at >= end for at, end in zip(reached, ends, strict=False))


def _freshness(groups: Groups, group_ends: _GroupEnds, age: float) -> dict[str, Any]:
    admitted, end = sum(group_ends.reached[0]), sum(group_ends.ends[0])
    observed = sum(group_ends.ends[1])
    projected = min(sum(at) for (_, topic), at in zip(groups, group_ends.reached, strict=True) if topic == OBSERVATIONS)
    fold_positions = sum(
        max(0, sum(ends) - sum(at))
        for (_, topic), at, ends in zip(groups[1:], group_ends.reached[1:], group_ends.ends[1:], strict=True)
        if topic != OBSERVATIONS
    )
    return {
        "position": admitted,
        "log_end": end,
        "projected": projected,
        "observations_end": observed,
        "behind": max(0, end - admitted) + max(0, observed - projected) + fold_positions,
        "age_seconds": round(max(0.0, age), 3),
    }
