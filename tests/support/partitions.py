"""A log of many partitions in memory: what Kafka promises and no more, at the speed of a property test."""

from __future__ import annotations

import threading
import time as clocks
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from lrs.log import Entry, Record, Truncated, Unavailable, home_partition
from lrs.log.chain import chained, seed


@dataclass
class Cluster:
    """What all that open one log share: records by topic and partition, and the positions of groups."""

    count: int = 1  # partitions of a topic that is not named in `counts`
    counts: dict[str, int] = field(default_factory=dict)
    clock: Callable[[], int] = lambda: clocks.time_ns() // 1000
    partitions: dict[str, list[list[tuple[Record, int]]]] = field(default_factory=dict)
    positions: dict[tuple[str, str, int], int] = field(default_factory=dict)
    removed: dict[tuple[str, int], int] = field(default_factory=dict)  # by topic and partition: how many of its first
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, topic: str) -> list[list[tuple[Record, int]]]:
        """The partitions of a topic, as many as there are now."""
        found = self.partitions.setdefault(topic, [])
        while len(found) < self.counts.get(topic, self.count):
            found.append([])
        return found


class PartitionsLog:
    """The log as one process knows it: how many partitions there are is as old as its last look."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._partition = 0
        self._known: dict[str, int] = {}
        self._closed = threading.Event()

    def partitions(self, topic: str, fresh: bool = False) -> int:
        if fresh or topic not in self._known:
            self._known[topic] = len(self._cluster.of(topic))
        return self._known[topic]

    def partition_of(self, topic: str, key: str) -> int:
        return home_partition(key, self.partitions(topic))

    def partition(self, number: int) -> PartitionsLog:
        other = object.__new__(PartitionsLog)
        other._cluster, other._known, other._closed = self._cluster, self._known, self._closed
        other._partition = number
        return other

    def submit(self, topic: str, entry: Entry, partition: int | None = None) -> Future[int]:
        if self._closed.is_set():
            raise Unavailable("the log is closed")
        to = self.partition_of(topic, entry.key) if partition is None else partition
        future: Future[int] = Future()
        with self._cluster.lock:
            records = self._cluster.of(topic)[to]
            record = Record(len(records), self._cluster.clock(), entry.key, entry.value, to, entry.headers)
            records.append((record, entry.count))
        future.set_result(record.position)
        return future

    def append(self, topic: str, entry: Entry) -> int:
        return self.submit(topic, entry).result()

    def read(self, topic: str, start: int, most: int) -> list[Record]:
        standing = self._cluster.of(topic)[self._partition]
        if start < self._cluster.removed.get((topic, self._partition), 0):
            raise Truncated(f"partition {self._partition} of {topic} no longer holds position {start}")
        if start > len(standing):
            raise Truncated(f"partition {self._partition} of {topic} ends at {len(standing)}, before position {start}")
        found: list[Record] = []
        for record, count in standing[start:]:
            if found and count > most:
                break
            found.append(record)
            most -= count
            if most <= 0:
                break
        return found

    def end(self, topic: str) -> int:
        return len(self._cluster.of(topic)[self._partition])

    def starts(self, topic: str) -> list[int]:
        return [self._cluster.removed.get((topic, number), 0) for number in range(self.partitions(topic))]

    def ends(self, topic: str) -> list[int]:
        return [len(records) for records in self._cluster.of(topic)[: self.partitions(topic)]]

    def at(self, topic: str, time: int) -> int:
        standing = self._cluster.of(topic)[self._partition]
        return next((record.position for record, _ in standing if record.time >= time), len(standing))

    def identity(self, topic: str) -> str:
        return f"{id(self._cluster)}-{topic}"

    def checksum_before(self, topic: str, position: int) -> int | None:
        if position == 0:
            return seed(self.identity(topic))
        found = self._cluster.of(topic)[self._partition][position - 1 : position]
        return self.checksum_after(topic, found[0][0]) if found else None

    def checksum_after(self, topic: str, record: Record) -> int:
        return chained(0, record.position, record.time, record.key, 1, record.value)

    def commit(self, group: str, topic: str, position: int) -> None:
        self._cluster.positions[group, topic, self._partition] = position

    def committed(self, group: str, topic: str) -> int:
        return self._cluster.positions.get((group, topic, self._partition), 0)

    def reached(self, group: str, topic: str) -> list[int]:
        return [
            self._cluster.positions.get((group, topic, partition), 0) for partition in range(self.partitions(topic))
        ]

    def close(self) -> None:
        self._closed.set()
