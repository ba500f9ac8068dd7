"""The records of a topic that can be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from lrs.errors import LostData
from lrs.log import Log, Record

_VERIFIED_READ = 5_000
_T = TypeVar("_T")


def log_records(log: Log, topic: str, ends: Sequence[int] | None = None) -> Iterator[tuple[int, Record]]:
    """Every record of a topic that can be read, up to its ends now, or those that are given.

    Those that cannot be read are named by the check of the log itself.
    """
    for number, (start, end) in enumerate(zip(log.starts(topic), ends or log.ends(topic), strict=False)):
        partition = log.partition(number)
        while start < end:
            try:
                records = partition.read(topic, start, _VERIFIED_READ)
            except LostData:
                start += 1
                continue
            if not records:
                break
            yield from ((number, record) for record in records if record.position < end)
            start = records[-1].position + 1


def chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """So many at a time."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
