"""Whose observations arrive meanwhile is known from every partition, also from one that was added."""

from __future__ import annotations

from lrs.log import Entry
from processors.runtime.arrivals import Arrivals
from schemas.observation import Kind, Observation, encode_observations, encode_refold
from schemas.record import OBSERVATIONS
from tests.support.partitions import Cluster, PartitionsLog


def test_what_is_announced_once_in_any_partition() -> None:
    cluster = Cluster(counts={OBSERVATIONS: 2})
    log = PartitionsLog(cluster)

    def send(partition: int, learner: str, sequence: int, tenant: str = "t") -> None:
        observation = Observation(tenant, learner, 1, f"s{sequence}", 0, Kind.ATTEMPT, "v", sequence=sequence)
        log.submit(OBSERVATIONS, Entry("", encode_observations([observation], 1, 0)), partition).result()

    send(0, "before", 9_000)
    arrivals = Arrivals(log, log.ends(OBSERVATIONS))
    assert arrivals.announced() == set()
    send(1, "ada", 1)  # far behind the other partition
    send(0, "bo", 9_001)
    send(0, "stranger", 9_002, "other")
    log.submit(OBSERVATIONS, Entry("", b"noise"), 0).result()
    log.submit(OBSERVATIONS, Entry("", encode_refold([("t", "person:7"), ("other", "person:8")], 1, 0)), 1).result()
    assert arrivals.announced() == {
        ("t", "ada"),
        ("t", "bo"),
        ("t", "person:7"),
        ("other", "stranger"),
        ("other", "person:8"),
    }
    assert arrivals.announced() == set()
    cluster.counts[OBSERVATIONS] = 3
    other = PartitionsLog(cluster)  # who knows of it already
    other.submit(OBSERVATIONS, Entry("", encode_refold([("t", "cy")], 1, 0)), 2).result()
    assert arrivals.announced() == {("t", "cy")}
