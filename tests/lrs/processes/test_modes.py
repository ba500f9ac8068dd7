"""Where each worker of Kafka reads on: the stage people in the catalog, by a checkpoint of its own."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from lrs.log import Entry
from lrs.processes.modes import Distributed
from lrs.store.client import Store
from processors.runtime.checkpoint import Positions
from processors.runtime.group_reader import NamedTopics
from schemas.record import CATALOG, OBSERVATIONS, STATEMENTS
from tests.support.partitions import Cluster, PartitionsLog


class GroupsLog(PartitionsLog):
    """Remembers which topic a group has read."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.topics: dict[str, str] = {}

    def refuse_recreated(self, group: str, topic: str) -> None:
        assert self.topics.setdefault(group, topic) == topic

    def accept(self, group: str, topic: str) -> None:
        self.topics[group] = topic


def test_people_reads_on_where_it_committed_in_the_catalog(store: Store, tmp_path: Path) -> None:
    log = GroupsLog(Cluster(counts={STATEMENTS: 3, OBSERVATIONS: 3}))
    database = f"sqlite:///{tmp_path}/coordination.db"
    runtime = Distributed(cast(NamedTopics, log), store, database)
    for _ in range(3):
        position = log.append(OBSERVATIONS, Entry("k", b"[]"))
    log.append(CATALOG, Entry("k", b"{}"))
    project = runtime.positions(runtime.project())
    project.resume()
    project.advance(log.partition(log.partition_of(OBSERVATIONS, "k")).read(OBSERVATIONS, 0, position + 1))

    positions = runtime.positions(runtime.people())
    assert isinstance(positions, Positions)
    assert positions.resume() == {}
    positions.move({0: 0})
    positions.advance(log.read(CATALOG, 0, 1))
    assert runtime.positions(runtime.people()).resume() == {0: 1}
    assert not positions.vouch_for_tables
    store.command("TRUNCATE TABLE checkpoints")  # others share it
