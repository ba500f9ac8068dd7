"""Put the statements of a log that was taken away into the log that is in its place.

Each goes to its own tenant and keeps its id, its authority and its timestamp. Its `stored` follows from the log that it
is in, so that of before is kept beside it, as for statements of other stores.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import msgspec
import orjson

from lrs.importing.load import WAITING, ImportCounts
from lrs.log import Busy, Damaged, UniqueId
from lrs.log.stored_log import StoredLog, StoredRecord
from lrs.record.appender import BundleAppender, StatementConflict, conflict_message
from lrs.record.completion import timestamp
from schemas.envelope import UnknownVersion, Unreadable
from schemas.record import STATEMENTS, Bundle, ImportedFrom


async def load_taken_log(
    taken: StoredLog,
    storing: BundleAppender,
    is_logged: Callable[[Sequence[UniqueId]], list[bool]],
    catalog: int,
    progress: Callable[[int], None] = lambda through: None,
) -> ImportCounts:
    """Store every statement of a log of one partition; what is refused or damaged does not hold up the others.

    Args:
        is_logged: tells which statements the log holds already.
        catalog: the position of the catalog to interpret them with.
    Raises Full, Unavailable, Truncated and UnreadableFile.
    """
    counts = ImportCounts()
    bundles = _bundles(taken, catalog, counts.refused, progress)
    while batch := list(islice(bundles, WAITING)):  # together, as they then share what the disk does
        async with asyncio.TaskGroup() as group:
            for bundle, timed in batch:
                group.create_task(_store(bundle, timed, storing, is_logged, counts))
    return counts


def _bundles(
    taken: StoredLog, catalog: int, refused: list[str], progress: Callable[[int], None]
) -> Iterator[tuple[Bundle, dict[str, bytes]]]:
    """Every record that is as it was appended, and by id its statements with the times that they had there.

    `refused` gets what is wrong with the others.
    """
    position, end = 0, taken.end(STATEMENTS)
    while position < end:
        try:
            for record in taken.stored(STATEMENTS, position, end):
                try:
                    yield _moved(Bundle.decode(record.value), record, catalog)
                except (Unreadable, UnknownVersion) as error:
                    refused.append(f"position {record.position}: {error}")
                position = record.position + 1
                progress(position)
        except Damaged as damaged:
            refused.append(str(damaged))
            position = damaged.position + 1


def _moved(bundle: Bundle, record: StoredRecord, catalog: int) -> tuple[Bundle, dict[str, bytes]]:
    stored = [bundle.origin(i, 0, record.position, record.time).stored for i in range(len(bundle.ids))]
    imported_before = bundle.imported or [None] * len(bundle.ids)
    imported = [before or ImportedFrom(timestamp(at)) for before, at in zip(imported_before, stored, strict=True)]
    timed = {id_: _timed(raw, at) for id_, raw, at in zip(bundle.ids, bundle.statements, stored, strict=True)}
    return msgspec.structs.replace(bundle, catalog=catalog, origins=None, imported=imported), timed


def _timed(raw: bytes, stored: int) -> bytes:
    """The statement with the timestamp that it had there, where the tool gave none."""
    if b'"timestamp"' in raw and "timestamp" in orjson.loads(raw):
        return raw
    return raw[:-1] + f',"timestamp":"{timestamp(stored)}"}}'.encode()


async def _store(
    bundle: Bundle,
    timed: dict[str, bytes],
    storing: BundleAppender,
    is_logged: Callable[[Sequence[UniqueId]], list[bool]],
    counts: ImportCounts,
) -> None:
    while bundle.ids:
        already = is_logged([UniqueId(bundle.tenant, id_) for id_ in bundle.ids])
        # One that a tool sent again meanwhile, without a time, got another: it is compared as the tool sent it.
        statements = [
            raw if there else timed[id_] for id_, raw, there in zip(bundle.ids, bundle.statements, already, strict=True)
        ]
        try:
            await storing.store(msgspec.structs.replace(bundle, statements=statements))
        except StatementConflict as conflict:
            different = set(conflict.statements)
            counts.refused += map(conflict_message, conflict.statements)
            bundle = bundle.part([index for index, id_ in enumerate(bundle.ids) if id_ not in different])
        except Busy:
            await asyncio.sleep(0.1)
        else:
            counts.statements += len(bundle.ids)
            counts.already += sum(already)
            return
