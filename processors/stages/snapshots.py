"""The table of snapshots: a learner's rows as they were, so that a refold need not read the whole history.

A learner's mark names the snapshots that hold, by a digest of what they say. So whatever else the table has, rows of a
stale worker or of a projection that was replaced, is never read; and one that is missing makes a refold longer, not
wrong. Hence a snapshot may be written some seconds after the mark that names it, many in one insert, and the latest are
kept in memory: who sends late sends much that is late, and every refold takes the last snapshots again.
"""

from __future__ import annotations

import time
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from lrs.store import migrate
from lrs.store.client import Store, StoreRefused
from processors.stages.fold_mark import SnapshotNote
from processors.stages.refold import FoldRow, Snapshot, key_of
from processors.stages.who_is_who import TenantPerson
from schemas.observation import Order

_SNAPSHOT_TYPES = {
    "tenant": "LowCardinality(String)",
    "learner": "String",
    "fold": "LowCardinality(String)",
    "slot": "UInt8",
    "digest": "String",
    "snapshot": "String",
}
_NEWEST_SNAPSHOTS = (
    "SELECT tenant, learner, snapshot FROM snapshots "
    "WHERE (tenant, learner) IN %(learners)s AND fold = %(fold)s AND digest IN %(digests)s"
)
_THERE = "SELECT 1 FROM system.tables WHERE database = currentDatabase() AND name = 'snapshots'"
WAIT_SECONDS = 5.0  # that a snapshot may wait for others to be written with it
_HELD_BYTES = 8 << 20  # that wait to be written
_RECENT_BYTES = 8 << 20  # that are kept in memory


class _StoredSnapshot(msgspec.Struct, array_like=True):
    """A snapshot as it is kept; versions in the order of the rows."""

    count: int
    order: Order
    resolved: bytes
    rows: list[FoldRow]
    versions: list[int]


_snapshot_decoder = msgspec.msgpack.Decoder(_StoredSnapshot)


class Snapshots:
    """The snapshots of one fold."""

    def __init__(self, store: Store, fold: str) -> None:
        self._store = store
        self._fold = fold
        self._waiting: dict[tuple[TenantPerson, int], tuple[str, bytes]] = {}
        self._held = 0
        self._since = 0.0  # when the first of those that wait was taken
        self._recent = _RecentSnapshots()

    def add(self, learner: TenantPerson, snapshot: Snapshot) -> SnapshotNote:
        """Put a snapshot among those to write; gives what the learner's mark says of it. Raises the store's errors."""
        snapshot_rows = list(snapshot.rows.values())
        versions = [snapshot.versions[key] for key in snapshot.rows]
        packed = msgspec.msgpack.encode(
            _StoredSnapshot(snapshot.count, snapshot.order, snapshot.resolved, snapshot_rows, versions)
        )
        snapshot_note = SnapshotNote(snapshot.count, snapshot.order, _snapshot_digest(packed))
        self._recent.add(snapshot_note.digest, packed)
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting[learner, snapshot_note.slot] = (
            snapshot_note.digest,
            packed,
        )  # in the place of an earlier one that waits
        self._held += len(packed)
        if self._held > _HELD_BYTES:
            self.write()
        return snapshot_note

    def write_due(self) -> None:
        """Write what waits, if the first of it has waited long enough. Raises the store's errors."""
        if self._waiting and time.monotonic() - self._since >= WAIT_SECONDS:
            self.write()

    def write(self) -> None:
        """Write what waits. Raises the store's errors."""
        if self._waiting:
            snapshot_table_rows = [
                (*learner, self._fold, slot, digest, b64encode(packed).decode())
                for (learner, slot), (digest, packed) in self._waiting.items()
            ]
            columns = list(zip(*snapshot_table_rows, strict=True))
            try:
                self._insert(columns)
            except StoreRefused:
                if not self._made():
                    raise
                self._insert(columns)
        self.forget()

    def _insert(self, columns: Sequence[Sequence[Any]]) -> None:
        self._store.insert("snapshots", list(_SNAPSHOT_TYPES), list(_SNAPSHOT_TYPES.values()), columns)

    def _made(self) -> bool:
        """Whether the table was gone, and is made again: nothing vouches for it, as its rows may be missing."""
        if self._store.tuples(_THERE, {}):
            return False
        migrate.again(self._store, "snapshots")
        return True

    def forget(self) -> None:
        """Drop what waits: others may have taken later ones."""
        self._waiting, self._held = {}, 0

    def load(self, notes: Mapping[TenantPerson, SnapshotNote]) -> dict[TenantPerson, Snapshot]:
        """The snapshots that are there, as they were taken. Raises the store's errors."""
        snapshots: dict[TenantPerson, Snapshot] = {}
        absent: dict[TenantPerson, SnapshotNote] = {}
        for learner, snapshot_note in notes.items():
            packed = self._recent.get(snapshot_note.digest)
            if packed is None:
                absent[learner] = snapshot_note
            else:
                snapshots[learner] = _unpack_snapshot(packed)
        return snapshots | self._read(absent)

    def _read(self, notes: Mapping[TenantPerson, SnapshotNote]) -> dict[TenantPerson, Snapshot]:
        if not notes:
            return {}
        digests = sorted({snapshot_note.digest for snapshot_note in notes.values()})
        try:
            packed_rows = self._store.tuples(
                _NEWEST_SNAPSHOTS, {"learners": list(notes), "fold": self._fold, "digests": digests}
            )
        except StoreRefused:
            if not self._made():
                raise
            packed_rows = []
        snapshots: dict[TenantPerson, Snapshot] = {}
        for tenant, learner, packed_text in packed_rows:
            packed = b64decode(packed_text)
            digest = notes[tenant, learner].digest
            if _snapshot_digest(packed) == digest:
                self._recent.add(digest, packed)
                snapshots[tenant, learner] = _unpack_snapshot(packed)
        return snapshots


class _RecentSnapshots:
    """Snapshots that were taken or read last, by their digests: what is found is what the mark names."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def add(self, digest: str, packed: bytes) -> None:
        if digest not in self._kept:
            self._kept[digest] = packed
            self._bytes += len(packed)
        self._kept.move_to_end(digest)
        while self._bytes > _RECENT_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped)

    def get(self, digest: str) -> bytes | None:
        if digest in self._kept:
            self._kept.move_to_end(digest)
        return self._kept.get(digest)


def _snapshot_digest(packed: bytes) -> str:
    return blake2b(packed, digest_size=12).hexdigest()


def _unpack_snapshot(packed: bytes) -> Snapshot:
    stored = _snapshot_decoder.decode(packed)
    fold_rows = {key_of(row): tuple(row) for row in stored.rows}
    return Snapshot(
        stored.count, stored.order, stored.resolved, fold_rows, dict(zip(fold_rows, stored.versions, strict=True))
    )
