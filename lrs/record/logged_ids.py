"""Which statements a log holds, where it has no index of their ids: 16 bytes of memory for each."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from lrs.errors import LostData
from lrs.log import Log, UniqueId
from schemas.envelope import Unreadable
from schemas.record import STATEMENTS, Bundle

_LOGGED_IDS_READ = 5_000  # events at a time


class LoggedIds:
    """The ids of all statements that can be read from a log now. Raises Unavailable."""

    def __init__(self, log: Log) -> None:
        digests = bytearray()
        for number, start in enumerate(log.starts(STATEMENTS)):
            partition, position = log.partition(number), start
            while position < partition.end(STATEMENTS):
                try:
                    records = partition.read(STATEMENTS, position, _LOGGED_IDS_READ)
                except LostData:  # a damaged record holds nothing that can be read
                    position += 1
                    continue
                for record in records:
                    digests += b"".join(map(_id_digest, _ids(record.value)))
                    position = record.position + 1
        self._digests = np.sort(np.frombuffer(bytes(digests), dtype="S16"))

    def holds(self, ids: Sequence[UniqueId]) -> list[bool]:
        """For each id whether the log holds it."""
        digests = np.frombuffer(b"".join(map(_id_digest, ids)), dtype="S16")
        at = np.searchsorted(self._digests, digests)
        return [
            bool(index_of_digest < len(self._digests) and self._digests[index_of_digest] == digest)
            for index_of_digest, digest in zip(at, digests, strict=True)
        ]


def _ids(value: bytes) -> list[UniqueId]:
    try:
        bundle = Bundle.decode(value)
    except Unreadable:
        return []
    return [UniqueId(bundle.tenant, id_) for id_ in bundle.ids]


def _id_digest(unique_id: UniqueId) -> bytes:
    """What stands for an id. Its last byte is not zero, which would not be compared."""
    return blake2b(f"{unique_id.id} {unique_id.tenant}".encode(), digest_size=15).digest() + b"\1"
