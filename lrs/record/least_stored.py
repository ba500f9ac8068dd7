"""After which time statements of a partition were stored, where the log can no longer say it.

When a statement was stored follows from the records before it. Where those are gone (removed from the log, or with a
topic that was lost) and somebody accepts the log as it is, the tables know the last time that was given; they are made
anew then. So it is kept in the log, for whoever reads the partition from there on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from lrs.log import Entry, Log
from lrs.store.client import Store
from schemas.envelope import ENVELOPE_VERSION, decode, encode
from schemas.log_records import LeastStored
from schemas.record import LEAST_STORED, STATEMENTS, index_of, sequence

_READ = 1_000
_LAST = 1 << 64  # after every sequence


_decoder = msgspec.json.Decoder(LeastStored)


def read_least_stored(log: Log) -> dict[int, list[LeastStored]]:
    """All that was kept, by partition. Raises the log's errors and UnknownVersion."""
    found: dict[int, list[LeastStored]] = {}
    first, position = log.partition(0), 0
    while records := first.read(LEAST_STORED, position, _READ):
        for record in records:
            least = decode(_decoder, record.value, "a time of which the log knows no more")
            found.setdefault(least.partition, []).append(least)
        position = records[-1].position + 1
    return found


def keep_least_stored(log: Log, store: Store, recreated: Collection[int], missing: Mapping[int, int]) -> None:
    """Keep what the tables know of times that the log no longer tells. Raises the log's errors and the store's.

    Args:
        recreated: partitions of which the tables have read another topic.
        missing: by partition, the first position of which the tables hold a statement that the log lacks.
    """
    for partition, start in enumerate(log.starts(STATEMENTS)):
        if partition in recreated:
            _keep(log, partition, start, _last_stored(store, partition, 0, _LAST))
            continue
        if start:
            before = _last_stored(store, partition, 0, sequence(start, 0))
            _keep(log, partition, start, max(before, _first_stored(store, partition, start) - 1))
        if (position := missing.get(partition, 0)) >= start and partition in missing:
            _keep(log, partition, position, _last_stored(store, partition, sequence(position, 0), _LAST))


def _keep(log: Log, partition: int, position: int, after: int) -> None:
    if after > 0:
        log.append(LEAST_STORED, Entry("", encode(LeastStored(ENVELOPE_VERSION, partition, position, after))))


def _last_stored(store: Store, partition: int, start: int, end: int) -> int:
    """When the last of the statements from one sequence to before another was stored; 0 if there is none."""
    [(stored,)] = store.tuples(
        "SELECT max(stored) FROM statements WHERE partition = %(partition)s AND sequence >= %(start)s "
        "AND sequence <= %(last)s",
        {"partition": partition, "start": start, "last": end - 1},
    )
    return int(stored)


def _first_stored(store: Store, partition: int, position: int) -> int:
    """When the first statement of a record was stored, by any of it; 0 if the tables hold none."""
    rows = store.tuples(
        "SELECT sequence, stored FROM statements WHERE partition = %(partition)s AND sequence >= %(start)s "
        "AND sequence < %(end)s LIMIT 1",
        {"partition": partition, "start": sequence(position, 0), "end": sequence(position + 1, 0)},
    )
    for of_row, stored in rows:
        return int(stored) - index_of(of_row)
    return 0
