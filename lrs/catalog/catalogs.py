"""The catalogs of all tenants, folded from the log's catalog topic."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress

import msgspec

from lrs.log import Entry, Log, NotUnderstood, Unavailable
from schemas.catalog import CHANGE, INTERPRETS, Catalog, Change, Recorded
from schemas.envelope import VERSION, UnknownVersion, Unreadable, encode
from schemas.models import Activation, Fitted
from schemas.record import CATALOG, CatalogRecord, decode_catalog

_READ = 1000
_EARLIER = 1_000  # catalogs of earlier positions that are kept
_RECORD_BYTES = 4 << 20  # of one record


class Catalogs:
    """Follows the catalog topic. Safe to use from many threads.

    A statement is interpreted with the catalog of the time when it was accepted, so earlier ones can be had, too.
    """

    def __init__(self, log: Log, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: how old a look at the log may be when the latest catalog is asked for."""
        self._log = log
        self._seconds = seconds
        self._clock = clock
        self._looked = -math.inf
        self._lock = threading.Lock()
        self._next = 0
        self._latest: dict[str, Catalog] = {}
        self._events: dict[str, list[tuple[int, int, Change]]] = {}
        self._taught: dict[str, int] = {}  # position after the last change that interpretation depends on
        self._earlier: dict[tuple[str, int], Catalog] = {}

    @property
    def position(self) -> int:
        """The position up to which changes are known here (exclusive)."""
        return self._next

    def latest(self, tenant: str) -> Catalog:
        """The tenant's catalog, with every change that the log holds, or held a moment ago.

        A log that does not answer now, and did before, leaves what was known then.
        """
        if not self._seconds:
            self.follow()
        elif self._clock() - self._looked >= self._seconds:
            self._looked = self._clock()
            with suppress(Unavailable):
                self.follow()
        return self._latest.get(tenant) or Catalog()

    def at(self, tenant: str, position: int) -> Catalog:
        """A catalog that interprets as the tenant's did when the topic ended at `position`."""
        if position > self._next:
            self.follow()
        if position >= self._taught.get(tenant, 0):
            return self._latest.get(tenant) or Catalog()
        key = (tenant, position)
        if key not in self._earlier:
            catalog = Catalog()
            for changed, at, change in self._events[tenant]:
                if changed < position:
                    catalog.apply(change, changed, at)
            if len(self._earlier) >= _EARLIER:
                self._earlier.clear()
            self._earlier[key] = catalog
        return self._earlier[key]

    def append(self, tenant: str, credential: str, change: Recorded, now: int) -> int:
        """Put a change into the log; gives its position. Raises what Log.append raises."""
        return self.append_all(tenant, credential, [change], now)

    def append_all(self, tenant: str, credential: str, changes: Iterable[Recorded], now: int) -> int:
        """Put changes into the log, in order; gives the last one's position (0 without any).

        Those that fit are one record, all or none. Raises what Log.append raises; records before that remain.
        """
        position = 0
        for some in _in_records(map(_raw, changes)):
            record = CatalogRecord(VERSION, tenant, credential, now, some)
            position = self._log.append(CATALOG, Entry(tenant, encode(record)))
        self.follow()
        return position

    def follow(self) -> None:
        """Take in what was appended since. Raises NotUnderstood, and what Log.read raises."""
        with self._lock:
            while records := self._log.read(CATALOG, self._next, _READ):
                for record in records:
                    self._apply(record.position, record.value)
                    self._next = record.position + 1

    def _apply(self, position: int, value: bytes) -> None:
        try:
            record = decode_catalog(value)
            changes = [CHANGE.validate_json(bytes(raw)) for raw in record.changes]
        except (UnknownVersion, ValueError) as error:
            # Passed over, statements would be given another meaning than they had.
            reason = str(error) if isinstance(error, UnknownVersion | Unreadable) else "a change of a newer release"
            raise NotUnderstood(f"position {position} of {CATALOG}: {reason}") from error
        for change in changes:
            self._latest.setdefault(record.tenant, Catalog()).apply(change, position, record.time)
            if isinstance(change, Fitted | Activation):  # large, and nothing that an earlier catalog is asked for
                continue
            self._events.setdefault(record.tenant, []).append((position, record.time, change))
            if isinstance(change, INTERPRETS):
                self._taught[record.tenant] = position + 1


def _in_records(changes: Iterable[msgspec.Raw]) -> Iterator[list[msgspec.Raw]]:
    some: list[msgspec.Raw] = []
    size = 0
    for change in changes:
        length = len(bytes(change))
        if some and size + length > _RECORD_BYTES:
            yield some
            some, size = [], 0
        some.append(change)
        size += length
    if some:
        yield some


def _raw(change: Recorded) -> msgspec.Raw:
    return msgspec.Raw(change.model_dump_json().encode())
