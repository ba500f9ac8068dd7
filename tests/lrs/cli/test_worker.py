"""Where a worker's group reads on at its start, and what is closed meanwhile."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lrs.cli.worker import _begin_with_tables, _follow_topic
from lrs.log import Entry
from processors.runtime.checkpoint import TablesLost
from processors.runtime.halts import StageClosure
from schemas.record import ADMIT, STATEMENTS
from tests.support.closed import ClosedInMemory
from tests.support.partitions import Cluster, PartitionsLog


@pytest.fixture
def log() -> PartitionsLog:
    """Two partitions of three records, which the group has read."""
    partitions_log = PartitionsLog(Cluster(count=2))
    for number in (0, 1):
        for _ in range(3):
            partitions_log.submit(STATEMENTS, Entry("k", b"v"), number)
        partitions_log.partition(number).commit(ADMIT, STATEMENTS, 3)
    return partitions_log


def follow(log: PartitionsLog, vouched: dict[int, int]) -> tuple[ClosedInMemory, StageClosure]:
    closed = ClosedInMemory()
    halts = StageClosure(closed, ADMIT)
    stage: Any = SimpleNamespace(group=ADMIT, topic=STATEMENTS)
    positions: Any = SimpleNamespace(resume=lambda: vouched, vouch_for_tables=True)
    _follow_topic(log, stage, positions, halts, takeover=1)
    return closed, halts


def test_the_group_follows_the_checkpoints(log: PartitionsLog) -> None:
    closed, _ = follow(log, {0: 2, 1: 3})
    assert log.reached(ADMIT, STATEMENTS) == [2, 3]
    assert closed.closure is None


def test_tables_that_nothing_vouches_for_are_filled_again_and_closed_until_they_are(log: PartitionsLog) -> None:
    """As after somebody dropped all tables of a cluster: no answer lacks what was acknowledged."""
    closed, halts = follow(log, {})
    assert log.reached(ADMIT, STATEMENTS) == [0, 0]
    assert closed.closure is not None
    assert closed.closure.kind == "rebuild"
    halts.passed({0: 1})  # the other is read to its end
    assert closed.closure is not None
    halts.passed({})
    assert closed.closure is None


def test_tables_that_are_lost_while_a_worker_begins_are_seen_to_again() -> None:
    """As where `lrs rebuild --accept-log` drops them just then: that is no reason to halt."""
    done: list[str] = []

    def begin() -> None:
        done.append("begun")
        if len(done) < 4:
            raise TablesLost({"mastery": "is missing"})

    _begin_with_tables(lambda: done.append("seen to"), begin, StageClosure(ClosedInMemory(), ADMIT))
    assert done == ["seen to", "begun"] * 2
