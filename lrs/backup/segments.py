"""Records of a partition as files: packed, each with its checksum in the log's chain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import zstandard

from lrs.backup.manifest import Segment
from lrs.backup.target import BackupTarget, read_checked
from lrs.errors import LostData
from lrs.log.stored_log import StoredRecord
from schemas.envelope import NOT_DECODABLE

SEGMENT_BYTES = 32 << 20  # of values, unpacked, at the most (a record is never cut)
_LEVEL = 6


_segment_encoder = msgspec.msgpack.Encoder()
_segment_decoder = msgspec.msgpack.Decoder(list[StoredRecord])


def write_segments(
    target: BackupTarget, prefix: str, records: Iterable[StoredRecord], scratch: Path
) -> Iterator[Segment]:
    """Write consecutive records as segments. Raises what `records` and the target raise."""
    batch: list[StoredRecord] = []
    segment_bytes = 0
    for record in records:
        batch.append(record)
        segment_bytes += len(record.value)
        if segment_bytes >= SEGMENT_BYTES:
            yield _write_segment(target, prefix, batch, scratch)
            batch, segment_bytes = [], 0
    if batch:
        yield _write_segment(target, prefix, batch, scratch)


def read_segment(target: BackupTarget, segment: Segment) -> list[StoredRecord]:
    """The records of a segment. Raises LostData where it does not hold what it says, and Missing."""
    packed_records = (
        zstandard.ZstdDecompressor().decompressobj().decompress(read_checked(target, segment.file, segment.sha256))
    )
    try:
        stored_records = _segment_decoder.decode(packed_records)
    except NOT_DECODABLE as error:
        raise LostData(f"{segment.file} of the backup cannot be read: {error}") from error
    next_position = segment.first
    for record in stored_records:
        if record.position < next_position or not record.whole:
            raise LostData(f"{segment.file} of the backup: position {record.position} is not as it was appended")
        next_position = record.position + 1
    return stored_records


def _write_segment(target: BackupTarget, prefix: str, batch: list[StoredRecord], scratch: Path) -> Segment:
    packed_records = zstandard.ZstdCompressor(level=_LEVEL).compress(_segment_encoder.encode(batch))
    first_position, last_record = batch[0].position, batch[-1]
    # With its checksum: another log's records at the same positions get another name.
    name = f"{prefix}/{first_position:020}-{last_record.checksum:08x}.zst"
    file = scratch / "segment"
    file.write_bytes(packed_records)
    target.put(name, file)
    return Segment(
        name, hashlib.sha256(packed_records).hexdigest(), first_position, last_record.position + 1, last_record.checksum
    )
