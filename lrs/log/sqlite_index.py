"""The index of ids in a topic's file: it follows from the records, which say what it must hold.

A record cannot be read wrongly without its checksum saying so; a row of the index can. So each record carries the
totals of all ids up to it: how many there are, and a sum over them. An index that lacks a row, has one too many or a
changed one has other totals, and is made again from the records.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from crc32c import crc32c

from lrs.errors import UnreadableFile
from lrs.log import UniqueId
from lrs.log.sqlite_file import IDS, RECORD_COLUMNS, LogRow, is_damage, transaction
from schemas import original
from schemas.envelope import Unreadable
from schemas.original import ORIGINALS
from schemas.record import STATEMENTS, Bundle

_AT_ONCE = 100_000  # rows that are summed up in one query
# One bit makes of a zero a NULL, which no sum would notice.
_PAGE = (
    "SELECT count(*), CASE count(position) WHEN count(*) THEN sum(position) END, "
    "CASE count(item) WHEN count(*) THEN sum(item) END, max(id), CAST(group_concat(id, '') AS BLOB) "
    "FROM (SELECT id, position, item FROM ids WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?)"
)
# Odd factors: no single change of a row leaves the sum as it was.
_TENANT, _HIGH, _LOW, _POSITION, _ITEM = (
    0x9E3779B97F4A7C15,
    0xC2B2AE3D27D4EB4F,
    0x165667B19E3779F9,
    0x27D4EB2F165667C5,
    0x85EBCA77C2B2AE63,
)


class IndexDamaged(UnreadableFile):
    """The index cannot be made again where it is: the file has to be written again."""


class IndexTotals(NamedTuple):
    """How many ids there are, and the sum over them, of 64 bits with a sign."""

    number: int = 0
    sum: int = 0

    def with_ids(self, ids: Sequence[UniqueId], position: int) -> IndexTotals:
        """The totals once the ids of a record are added."""
        ids_sum = self.sum
        for index_in_record, id_ in enumerate(ids):
            number = UUID(id_.id).int
            high, low = number >> 64, number & 0xFFFFFFFFFFFFFFFF
            ids_sum += _TENANT * crc32c(id_.tenant.encode()) + _HIGH * high + _LOW * low
            ids_sum += _POSITION * position + _ITEM * index_in_record
        return IndexTotals(self.number + len(ids), _signed_64(ids_sum))


class TopicIndex(NamedTuple):
    """The index of a topic, as those ask who check it: see IdIndex."""

    is_whole: Callable[[], bool]
    find: Callable[[UniqueId], tuple[int, int] | None]


class MendedIndex(NamedTuple):
    """What was wrong with an index that was made again; held_twice: ids that two records hold."""

    found: IndexTotals | None  # None: it could not be read
    wanted: IndexTotals
    held_twice: list[UniqueId]

    def __str__(self) -> str:
        index_found = (
            "could not be read" if self.found is None else f"held {self.found.number:,} ids, other than the records do"
        )
        twice = "".join(f"; {id_.id} of {id_.tenant} is in the log twice" for id_ in self.held_twice)
        return f"the index of ids {index_found}: it is made again from them, with {self.wanted.number:,}{twice}"


def wanted_totals(connection: sqlite3.Connection) -> IndexTotals:
    """What the index must hold, as the last record says. Raises sqlite3.Error."""
    totals_row = connection.execute("SELECT ids, ids_sum FROM records ORDER BY position DESC LIMIT 1").fetchone()
    return IndexTotals(*totals_row) if totals_row else IndexTotals()


def held_totals(connection: sqlite3.Connection) -> IndexTotals | None:
    """What the index holds; None where it cannot be read. Raises sqlite3.Error."""
    ids_count = ids_sum = 0
    try:
        for tenant in _indexed_tenants(connection):
            for id_rows, positions, items, joined in _index_pages(connection, tenant):
                if len(joined) != 16 * id_rows or not isinstance(positions, int) or not isinstance(items, int):
                    return None
                uuid_halves = array("Q", joined)
                if sys.byteorder == "little":
                    uuid_halves.byteswap()  # a UUID's first byte is its highest
                ids_sum += (
                    _TENANT * crc32c(tenant.encode()) * id_rows
                    + _HIGH * sum(uuid_halves[0::2])
                    + _LOW * sum(uuid_halves[1::2])
                )
                ids_sum += _POSITION * positions + _ITEM * items
                ids_count += id_rows
    except sqlite3.Error as error:
        if is_damage(error) or "no such table" in str(error):
            return None
        raise
    except (TypeError, ValueError, AttributeError):  # a damaged page may give values of any type
        return None
    return IndexTotals(ids_count, _signed_64(ids_sum))


def mend_index(connection: sqlite3.Connection, topic: str) -> MendedIndex | None:
    """Make the index again where it is not what the records say; None where it is. Nobody appends meanwhile.

    Raises sqlite3.Error.
    """
    with transaction(connection):
        should, does = wanted_totals(connection), held_totals(connection)
        twice = None if should == does else _make_index(connection, topic)
    return None if twice is None else MendedIndex(does, should, twice)


def is_intact(connection: sqlite3.Connection) -> bool:
    """Whether the index is what the records say, at one moment. Raises sqlite3.Error."""
    connection.execute("BEGIN")
    try:
        return wanted_totals(connection) == held_totals(connection)
    finally:
        connection.execute("ROLLBACK")


def index_record(
    connection: sqlite3.Connection, topic: str, position: int, value: bytes, table: str = "ids"
) -> list[UniqueId]:
    """Index a record; gives those of its ids that an earlier one holds, which keeps them.

    Raises Unreadable, UnknownVersion and sqlite3.Error.
    """
    ids = ids_in(topic, value)
    id_rows = [(id_.tenant, UUID(id_.id).bytes, position, index_in_record) for index_in_record, id_ in enumerate(ids)]
    changes_before = connection.total_changes
    connection.executemany(f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?, ?)", id_rows)
    if connection.total_changes - changes_before == len(id_rows):
        return []
    query = f"SELECT position FROM {table} WHERE tenant = ? AND id = ?"

    def indexed_at(id_: UniqueId) -> int:
        [held_by] = connection.execute(query, (id_.tenant, UUID(id_.id).bytes)).fetchone()
        return int(held_by)

    return [id_ for id_ in ids if indexed_at(id_) != position]


def seal_index(connection: sqlite3.Connection) -> None:
    """Have the last record say what the index holds now: after a restore or a repair. Raises sqlite3.Error."""
    totals = held_totals(connection)
    if totals is not None:
        last_record = "WHERE position = (SELECT max(position) FROM records)"
        connection.execute(f"UPDATE records SET ids = ?, ids_sum = ? {last_record}", totals)


def ids_in(topic: str, value: bytes) -> list[UniqueId]:
    """The ids that a record's value brings with it. Raises Unreadable and UnknownVersion."""
    reads = _UNIQUE_IDS_OF.get(topic)
    return [] if reads is None else reads(value)


def _ids_of_statements(value: bytes) -> list[UniqueId]:
    bundle = Bundle.decode(value)
    # One with origins was sent on from elsewhere, or is handed to admit again: its ids were new there.
    return [] if bundle.origins else [UniqueId(bundle.tenant, statement_id) for statement_id in bundle.ids]


def _ids_of_originals(value: bytes) -> list[UniqueId]:
    record = original.decode(value)
    return [UniqueId(record.tenant, original_sent.id) for original_sent in record.statements]


_UNIQUE_IDS_OF: dict[str, Callable[[bytes], list[UniqueId]]] = {
    STATEMENTS: _ids_of_statements,
    ORIGINALS: _ids_of_originals,
}


def _make_index(connection: sqlite3.Connection, topic: str) -> list[UniqueId]:
    """Make the index from the records; the last one gets its totals. Gives the ids that two records hold."""
    connection.execute("DROP TABLE IF EXISTS ids_made")
    connection.execute(IDS.format(name="ids_made"))
    twice: list[UniqueId] = []
    unread: list[int] = []
    for record_row in _readable_records(connection):
        try:
            if not record_row.whole:
                raise Unreadable
            twice += index_record(connection, topic, record_row.position, record_row.value, "ids_made")
        except (Unreadable, ValueError):  # it says nothing of its ids: what is indexed of it stays
            unread.append(record_row.position)
    for position in unread:
        try:
            connection.execute("INSERT OR IGNORE INTO ids_made SELECT * FROM ids WHERE position = ?", (position,))
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
    _drop_index(connection)
    connection.execute("ALTER TABLE ids_made RENAME TO ids")
    seal_index(connection)
    return twice


def _readable_records(connection: sqlite3.Connection) -> Iterator[LogRow]:
    """The records, without those on pages that cannot be read."""
    after_position = -1
    while True:
        try:
            record_rows = connection.execute(
                f"SELECT {RECORD_COLUMNS} FROM records WHERE position > ? ORDER BY position", [after_position]
            )
            for row in map(LogRow._make, record_rows):
                yield row
                after_position = row.position
            return
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
            after_position += 1


def _drop_index(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("DROP TABLE IF EXISTS ids")
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        # Its pages cannot be walked to free them: they are left where they are, and are nobody's.
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM sqlite_master WHERE name = 'ids'")
        connection.execute("PRAGMA writable_schema = RESET")


def _indexed_tenants(connection: sqlite3.Connection) -> Iterator[str]:
    [tenant] = connection.execute("SELECT min(tenant) FROM ids").fetchone()
    while tenant is not None:
        yield tenant
        [tenant] = connection.execute("SELECT min(tenant) FROM ids WHERE tenant > ?", (tenant,)).fetchone()


def _index_pages(connection: sqlite3.Connection, tenant: str) -> Iterable[tuple[int, int, int, bytes]]:
    after_id = b""
    while True:
        id_count, positions, items, last_id, joined = connection.execute(_PAGE, (tenant, after_id, _AT_ONCE)).fetchone()
        if not id_count:
            return
        yield id_count, positions, items, joined
        after_id = last_id


def _signed_64(number: int) -> int:
    number &= 0xFFFFFFFFFFFFFFFF
    return number - (1 << 64) if number >> 63 else number
