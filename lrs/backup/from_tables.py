"""Damaged records of statements, made again from the tables, where the result is what the log's chain wants.

The table of statements holds each as the log does, with its times added. The rest of a record follows from the others
(its key, how many it holds, when it was stored, what is chained to it), or is in its header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lrs.errors import LostData
from lrs.log.chain import chained
from lrs.log.sqlite import SqliteLog
from lrs.log.sqlite_file import LogRow
from lrs.log.stored_log import StoredRecord
from lrs.record.completion import without_times
from lrs.store.client import Store
from schemas.record import STATEMENTS, Bundle, sequence

_HEADER_NUMBERS = {name: re.compile(rb'"%s":(\d+)' % name.encode()) for name in ("time", "catalog")}


def remake_records(log: SqliteLog, store: Store, positions: Sequence[int]) -> dict[int, StoredRecord]:
    """The records of statements at some positions. Raises LostData where one does not fit, and the store's errors."""
    if positions and not store.tuples("SHOW TABLES LIKE 'statements'", {}):
        raise LostData(f"there are no tables, as in a folder just restored: repair {STATEMENTS} from a backup")
    remade = {}
    for position in positions:
        record = next(_fitting(log, store, position), None)
        if record is None:
            raise LostData(f"the tables do not hold what position {position} of {STATEMENTS} held")
        remade[position] = record
    return remade


class _TableRow(NamedTuple):
    """A statement as the table `statements` has it."""

    tenant: str
    credential: str
    id: str
    stored: int
    statement: str


def _fitting(log: SqliteLog, store: Store, position: int) -> Iterator[StoredRecord]:
    table_rows = store.tuples(
        "SELECT tenant, credential, id, stored, statement FROM statements FINAL WHERE partition = 0 "
        "AND sequence >= %(first)s AND sequence < %(end)s ORDER BY sequence",
        {"first": sequence(position, 0), "end": sequence(position + 1, 0)},
    )
    statement_rows = [_TableRow(*row) for row in table_rows]
    checksum_before = log.checksum_before(STATEMENTS, position)
    if not statement_rows or checksum_before is None:
        return
    damaged, following = log.as_stored(STATEMENTS, position), log.as_stored(STATEMENTS, position + 1)
    ids, time = [row.id for row in statement_rows], statement_rows[0].stored
    befores = {checksum_before, *([damaged.before] if damaged else [])}  # the second where an epoch begins here
    checksums = {follower.before for follower in [following] if follower} | {
        damaged_row.checksum for damaged_row in [damaged] if damaged_row
    }
    for value in _possible_values(damaged, statement_rows, ids):
        for link in befores:
            checksum = chained(link, position, time, ids[0], len(ids), value)
            if checksum in checksums:
                yield StoredRecord(position, time, ids[0], len(ids), link, checksum, (), value)


def _possible_values(damaged: LogRow | None, statement_rows: Sequence[_TableRow], ids: list[str]) -> Iterator[bytes]:
    """What the record may have held: its header as it is there, or as it follows from the tables."""
    raw = [without_times(row.statement.encode(), row.stored) for row in statement_rows]
    head = bytes(damaged.value).partition(b"\n")[0] if damaged and isinstance(damaged.value, bytes) else b""
    yield b"".join([head, b"\n", *raw])
    header_numbers = {
        name: int(number[1]) for name, digits in _HEADER_NUMBERS.items() if (number := digits.search(head))
    }
    if len(header_numbers) == len(_HEADER_NUMBERS):
        first_row = statement_rows[0]
        for defines in (True, False):
            bundle = Bundle(
                first_row.tenant,
                first_row.credential,
                header_numbers["time"],
                header_numbers["catalog"],
                ids,
                raw,
                defines=defines,
            )
            yield bundle.encode()
