"""The table of snapshots: a learner's rows as they were, so that a refold need not read the whole history.

A learner's mark names the snapshots that hold, by a digest of what they say. So whatever else the table has, rows of a
stale worker or of a projection that was replaced, is never read; and one that is missing makes a refold longer, not
wrong.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import blake2b

import msgspec

from lrs.store.client import Store
from processors.stages.everybody import Learner
from processors.stages.fold_mark import Taken
from processors.stages.refold import Row, Snapshot
from schemas.observation import Order

_TYPES = {
    "tenant": "LowCardinality(String)",
    "learner": "String",
    "fold": "LowCardinality(String)",
    "slot": "UInt8",
    "digest": "String",
    "snapshot": "String",
}
_HELD_BYTES = 8 << 20  # that wait to be written


class _Kept(msgspec.Struct, array_like=True):
    """A snapshot as it is kept; versions in the order of the rows."""

    count: int
    order: Order
    resolved: bytes
    rows: list[Row]
    versions: list[int]


class Snapshots:
    """The snapshots of one fold."""

    def __init__(self, store: Store, fold: str) -> None:
        self._store = store
        self._fold = fold
        self._waiting: list[tuple[str, str, str, int, str, str]] = []
        self._held = 0

    def add(self, learner: Learner, snapshot: Snapshot) -> Taken:
        """Put a snapshot among those to write; gives what the learner's mark says of it. Raises the store's errors."""
        rows = list(snapshot.rows.values())
        versions = [snapshot.versions[key] for key in snapshot.rows]
        kept = msgspec.msgpack.encode(_Kept(snapshot.count, snapshot.order, snapshot.resolved, rows, versions))
        taken = Taken(snapshot.count, snapshot.order, blake2b(kept, digest_size=12).hexdigest())
        text = b64encode(kept).decode()
        self._waiting.append((*learner, self._fold, taken.slot, taken.digest, text))
        self._held += len(text)
        if self._held > _HELD_BYTES:
            self.write()
        return taken

    def write(self) -> None:
        """Write what waits. Raises the store's errors."""
        if self._waiting:
            columns = list(zip(*self._waiting, strict=True))
            self._store.insert("snapshots", list(_TYPES), list(_TYPES.values()), columns)
        self.forget()

    def forget(self) -> None:
        """Drop what waits."""
        self._waiting, self._held = [], 0

    def load(self, wanted: Mapping[Learner, Taken]) -> dict[Learner, Snapshot]:
        """The snapshots that are there, as they were taken. Raises the store's errors."""
        if not wanted:
            return {}
        found: dict[Learner, Snapshot] = {}
        for tenant, learner, text in self._store.tuples(
            "SELECT tenant, learner, snapshot FROM snapshots WHERE (tenant, learner) IN %(learners)s "
            "AND fold = %(fold)s AND digest IN %(digests)s",
            {
                "learners": list(wanted),
                "fold": self._fold,
                "digests": sorted({taken.digest for taken in wanted.values()}),
            },
        ):
            kept = b64decode(text)
            if blake2b(kept, digest_size=12).hexdigest() == wanted[tenant, learner].digest:
                one = msgspec.msgpack.decode(kept, type=_Kept)
                rows = {row[0]: tuple(row) for row in one.rows}
                versions = dict(zip(rows, one.versions, strict=True))
                found[tenant, learner] = Snapshot(one.count, one.order, one.resolved, rows, versions)
        return found
