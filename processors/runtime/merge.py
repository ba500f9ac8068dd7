"""The records of all partitions of a topic, in about the order in which they were appended."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from lrs.log import Log, Record

_READ_AT_ONCE = 5_000  # events, of each partition
_BATCH_RECORDS, _BATCH_BYTES = 2_000, 8 << 20


def merged(log: Log, topic: str, positions: dict[int, int]) -> Iterator[list[Record]]:
    """Batches, the oldest record first, from a position of each partition until all have come to their ends.

    `positions` follow what was given. Raises the log's errors: then go on with another call.
    """
    records_by_partition: dict[int, list[Record]] = {}
    waiting: list[tuple[int, int]] = []  # (time, partition) of the first record that was read of each

    def look(partition: int, start: int) -> None:
        records_by_partition[partition] = log.partition(partition).read(topic, start, _READ_AT_ONCE)[::-1]
        if records_by_partition[partition]:
            heapq.heappush(waiting, (records_by_partition[partition][-1].time, partition))

    for partition, start in positions.items():
        look(partition, start)
    batch: list[Record] = []
    events_in_batch = 0
    while waiting:
        _, partition = heapq.heappop(waiting)
        record = records_by_partition[partition].pop()
        batch.append(record)
        events_in_batch += len(record.value)
        if records_by_partition[partition]:
            heapq.heappush(waiting, (records_by_partition[partition][-1].time, partition))
        else:
            look(partition, record.position + 1)
        if len(batch) >= _BATCH_RECORDS or events_in_batch >= _BATCH_BYTES or not waiting:
            yield batch
            positions |= {record.partition: record.position + 1 for record in batch}
            batch, events_in_batch = [], 0
