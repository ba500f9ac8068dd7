"""The chained checksum of a log: crc32c of each record over the checksum of the one before it.

Equal checksums before a position say that everything before it is equal. It covers the bytes as they are stored, so
sealed bytes whose key is destroyed do not break it, and a prefix can be dropped without the rest losing its proof.
"""

from __future__ import annotations

import struct

from crc32c import crc32c

_CHAINED_HEAD = struct.Struct("<qqq")


def seed(identity: str, before: int = 0) -> int:
    """What the first record of a log, or of an epoch of it, is chained to."""
    return crc32c(identity.encode(), before)


def chained(before: int, position: int, time: int, key: str, events: int, value: bytes) -> int:
    """The checksum of a record; `before` is that of the record before it."""
    return crc32c(value, crc32c(key.encode(), crc32c(_CHAINED_HEAD.pack(position, time, events), before)))
