"""How far the readers are behind: never reported better than it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import pytest

from lrs.log import Log, Record, Unavailable
from processors.runtime.lag import SKEW, GroupLag, freshness

GROUPS = [("admit", "statements"), ("project", "observations")]
SECOND = 1_000_000


@dataclass
class Partitions:
    """A log of two partitions whose readers are moved by hand; a record is its time."""

    records: dict[str, list[list[int]]] = field(
        default_factory=lambda: {"statements": [[], []], "observations": [[], []]}
    )
    read_to: dict[str, list[int]] = field(default_factory=lambda: {"admit": [0, 0], "project": [0, 0]})
    number: int = 0
    away: bool = False

    def ends(self, topic: str) -> list[int]:
        if self.away:
            raise Unavailable("away")
        return [len(partition) for partition in self.records[topic]]

    def reached(self, group: str, topic: str) -> list[int]:
        return list(self.read_to[group])

    def partition(self, number: int) -> Partitions:
        return Partitions(self.records, self.read_to, number)

    def read(self, topic: str, start: int, most: int) -> Sequence[Record]:
        return [
            Record(start + n, time, "", b"") for n, time in enumerate(self.records[topic][self.number][start:][:most])
        ]


@dataclass
class Clock:
    now: int = 1000 * SECOND

    def __call__(self) -> int:
        return self.now


def test_the_oldest_that_waits_in_any_partition_tells_the_age() -> None:
    log = Partitions()
    log.records["statements"] = [[10 * SECOND], [4 * SECOND, 20 * SECOND]]
    log.read_to["admit"] = [1, 1]
    fresh = freshness(cast(Log, log), GROUPS, 30 * SECOND)
    assert fresh["age_seconds"] == 10.0
    assert fresh["behind"] == 1
    assert (fresh["position"], fresh["log_end"]) == (2, 3)


def test_what_an_earlier_look_saw_is_read_when_its_ends_are_reached() -> None:
    log, clock = Partitions(), Clock()
    lag = GroupLag(cast(Log, log), GROUPS, clock)
    lag.look()
    assert lag.freshness()["age_seconds"] == 0
    clock.now += 3 * SECOND
    log.records["statements"][1].append(clock.now)
    lag.look()
    clock.now += 4 * SECOND
    assert lag.freshness()["age_seconds"] == 7.0  # it may have come right after the look before
    lag.look()
    log.read_to["admit"][1] = 1
    lag.look()
    assert lag.freshness()["age_seconds"] == 0


def test_what_was_sent_on_to_another_partition_is_waited_for() -> None:
    log, clock = Partitions(), Clock()
    lag = GroupLag(cast(Log, log), GROUPS, clock)
    lag.look()
    clock.now += SECOND
    lag.look()
    assert lag.through == clock.now - SECOND - SKEW
    stored = clock.now = clock.now + SECOND
    log.records["statements"][0].append(stored)
    for _ in range(30):  # it waits for longer than clocks may differ
        clock.now += SECOND
        lag.look()
        assert lag.through < stored
    log.records["statements"][1].append(clock.now)  # where it is sent on to …
    log.read_to["admit"][0] = 1  # … before its position is committed
    for _ in range(30):
        clock.now += SECOND
        lag.look()
        assert lag.through < stored
    log.read_to["admit"][1] = 1
    for _ in range(3):
        lag.look()
    assert lag.through == clock.now - SKEW


def test_an_added_partition_may_be_sent_on_to_once_more() -> None:
    log, clock = Partitions(), Clock()
    lag = GroupLag(cast(Log, log), GROUPS, clock)
    lag.look()
    stored = clock.now = clock.now + 60 * SECOND
    log.records["statements"][0].append(stored)
    lag.look()
    log.records["statements"][1].append(stored)
    log.read_to["admit"] = [1, 0]
    clock.now += 60 * SECOND
    lag.look()
    lag.look()
    log.records["statements"].append([stored])  # added meanwhile: sent on there, and not read yet
    log.read_to["admit"] = [1, 1, 0]
    for _ in range(5):
        clock.now += 60 * SECOND
        lag.look()
        assert lag.through < stored
    log.read_to["admit"] = [1, 1, 1]
    for _ in range(4):
        lag.look()
    assert lag.through == clock.now - SKEW


def test_what_waited_before_the_first_look_counts() -> None:
    log, clock = Partitions(), Clock()
    log.records["observations"][0].append(clock.now - 60 * SECOND)
    lag = GroupLag(cast(Log, log), GROUPS, clock)
    lag.look()
    assert lag.freshness()["age_seconds"] == 60.0


def test_a_reader_that_stands_still_grows_old_and_so_does_a_log_that_is_away() -> None:
    log, clock = Partitions(), Clock()
    lag = GroupLag(cast(Log, log), GROUPS, clock)
    with pytest.raises(Unavailable):
        lag.freshness()
    lag.look()
    assert lag.current
    log.away = True
    clock.now += 40 * SECOND
    with pytest.raises(Unavailable):
        lag.look()
    assert not lag.current
    assert lag.freshness()["age_seconds"] == 40.0
