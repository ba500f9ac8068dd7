"""Checkpoints of many partitions, kept by several processes of a group: what is lost is found, nothing is skipped."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lrs.log import Entry, OtherLog, Record, Truncated
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import Store
from processors.runtime.checkpoint import Positions, TablesLost
from schemas.record import STATEMENTS
from tests.support.partitions import Cluster, PartitionsLog

COLUMNS, TYPES = ["a", "v"], ["UInt64", "UInt64"]


@pytest.fixture
def cluster() -> Cluster:
    return Cluster(count=3)


def positions(cluster: Cluster, store: Store, table: str) -> Positions:
    """Those of one process of the group."""
    return Positions(PartitionsLog(cluster), Checkpoints(store, store.embedded), table, STATEMENTS, [table])


def append(cluster: Cluster, partition: int, many: int = 1) -> list[Record]:
    log = PartitionsLog(cluster)
    appended = [log.submit(STATEMENTS, Entry("k", b"%d" % n), partition).result() for n in range(many)]
    return log.partition(partition).read(STATEMENTS, appended[0], many)


def work(store: Store, table: str, process: Positions, records: Sequence[Record]) -> None:
    """Handle records as a worker does: insert what follows from them, then vouch for it."""
    store.insert(table, COLUMNS, TYPES, [[record.position for record in records], [1] * len(records)])
    process.advance(records)


def test_each_process_vouches_for_its_own_partitions(cluster: Cluster, store: Store, table: str) -> None:
    first, other = positions(cluster, store, table), positions(cluster, store, table)
    assert first.resume() == other.resume() == {}
    work(store, table, first, [*append(cluster, 0, 2), *append(cluster, 1)])
    work(store, table, other, append(cluster, 2, 5))
    work(store, table, first, append(cluster, 0))
    assert positions(cluster, store, table).resume() == {0: 3, 1: 1, 2: 5}


def test_without_the_table_of_checkpoints_a_process_does_not_wait_for_it(
    cluster: Cluster, store: Store, table: str
) -> None:
    """It is found to be lost like any other, so that the process begins again, and rebuilds it."""
    reader = positions(cluster, store, table)
    work(store, table, reader, append(cluster, 0))
    store.command("RENAME TABLE checkpoints TO checkpoints_away")
    try:
        for ask in (reader.resume, reader.check):
            with pytest.raises(TablesLost, match="table checkpoints is missing"):
                ask()
    finally:
        store.command("RENAME TABLE checkpoints_away TO checkpoints")
    assert reader.resume() == {0: 1}


def test_whose_table_was_replaced_vouches_for_nothing_more(cluster: Cluster, store: Store, table: str) -> None:
    """One process writes while another rebuilds: what it wrote to the old table is handled again."""
    first, other = positions(cluster, store, table), positions(cluster, store, table)
    work(store, table, first, append(cluster, 0))
    store.command(f"CREATE OR REPLACE TABLE {table} AS {table}")
    other.begin_again({0: 1, 1: 0, 2: 0})
    for _ in range(2):
        with pytest.raises(TablesLost, match="is another"):
            work(store, table, first, append(cluster, 0))
        with pytest.raises(TablesLost, match="is another"):
            first.check()
    assert first.resume() == {0: 1, 1: 0, 2: 0}  # goes on from what the other vouched for
    first.check()


def test_a_process_that_stood_still_takes_nothing_back(cluster: Cluster, store: Store, table: str) -> None:
    stale, other = positions(cluster, store, table), positions(cluster, store, table)
    first = append(cluster, 0, 3)
    work(store, table, stale, first[:1])
    assert other.resume() == {0: 1}
    for record in (*first[1:], *append(cluster, 0)):
        work(store, table, other, [record])
    work(store, table, stale, first[1:2])  # another read its partition meanwhile
    assert positions(cluster, store, table).resume() == {0: 4}
    work(store, table, other, append(cluster, 0))
    assert positions(cluster, store, table).resume() == {0: 5}


def test_a_checkpoint_ahead_of_the_log(cluster: Cluster, store: Store, table: str) -> None:
    work(store, table, positions(cluster, store, table), append(cluster, 1, 4))
    del cluster.of(STATEMENTS)[1][2:]
    with pytest.raises(OtherLog, match="in partition 1: it ends at 2"):
        positions(cluster, store, table).resume()
    append(cluster, 1, 9)  # others have taken their positions
    with pytest.raises(OtherLog, match="other records before position 4"):
        positions(cluster, store, table).resume()


def test_a_topic_that_was_recreated(cluster: Cluster, store: Store, table: str) -> None:
    reader = positions(cluster, store, table)
    work(store, table, reader, append(cluster, 0))
    other = Cluster(count=2)
    append(other, 0)
    with pytest.raises(OtherLog, match="is another log"):
        positions(other, store, table).resume()
    positions(other, store, table).begin_again({0: 1, 1: 0})
    assert positions(other, store, table).resume() == {0: 1, 1: 0}
    reader.check()  # as far as it knows: it asks the old cluster


class Cut(PartitionsLog):
    """A log that has lost its beginning."""

    start = 0

    def starts(self, topic: str) -> list[int]:
        return [self.start] * self.partitions(topic)

    def checksum_before(self, topic: str, position: int) -> int | None:
        return None if 0 < position <= self.start else super().checksum_before(topic, position)

    def partition(self, number: int) -> PartitionsLog:
        cut_log = Cut(self._cluster)
        cut_log.start, cut_log._partition = self.start, number
        return cut_log


@pytest.mark.parametrize(("start", "lost"), [(2, False), (3, False), (4, True)])
def test_what_was_removed_after_it_was_read_is_not_missed(
    cluster: Cluster, store: Store, table: str, start: int, lost: bool
) -> None:
    work(store, table, positions(cluster, store, table), append(cluster, 0, 3))
    append(cluster, 0, 3)
    log = Cut(cluster)
    log.start = start
    checkpointed = Positions(log, Checkpoints(store, store.embedded), table, STATEMENTS, [table])
    if lost:
        with pytest.raises(Truncated, match="no longer holds position 3: it starts at 4"):
            checkpointed.resume()
    else:
        assert checkpointed.resume() == {0: 3}
        checkpointed.begin_again({0: 3})  # a rebuild from what is left
        assert checkpointed.resume() == {0: 3}
