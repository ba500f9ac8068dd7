"""The catalogs of all tenants, folded from the log's catalog topic."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import islice

import msgspec

from lrs.log import Entry, Log, Unavailable
from schemas.catalog import CHANGE, INTERPRETS, Catalog, Change
from schemas.record import CATALOG, FORMAT, CatalogRecord, UnknownFormat, decode_catalog, encode

_READ = 1000
_TOGETHER = 100  # changes on their way into the log at once


class Catalogs:
    """Follows the catalog topic. Safe to use from many threads.

    A statement is interpreted with the catalog that stood when it was accepted, so earlier ones can be had, too.
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
        """The tenant's catalog, with every change that stands in the log, or stood in it a moment ago.

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
            for standing, at, change in self._events[tenant]:
                if standing < position:
                    catalog.apply(change, standing, at)
            self._earlier[key] = catalog
        return self._earlier[key]

    def append(self, tenant: str, credential: str, change: Change, now: int) -> int:
        """Put a change into the log; gives its position. Raises what Log.append raises."""
        return self.append_all(tenant, credential, [change], now)

    def append_all(self, tenant: str, credential: str, changes: Iterable[Change], now: int) -> int:
        """Put changes into the log, in order; gives the last one's position (0 without any).

        Raises what Log.append raises; changes before that stand.
        """
        position, rest = 0, iter(changes)
        while some := list(islice(rest, _TOGETHER)):
            records = [CatalogRecord(FORMAT, tenant, credential, now, _raw(change)) for change in some]
            done = [self._log.submit(CATALOG, Entry(tenant, encode(record))) for record in records]
            position = [each.result() for each in done][-1]
        self.follow()
        return position

    def follow(self) -> None:
        """Take in what was appended since."""
        with self._lock:
            while records := self._log.read(CATALOG, self._next, _READ):
                for record in records:
                    self._apply(record.position, record.value)
                    self._next = record.position + 1

    def _apply(self, position: int, value: bytes) -> None:
        try:
            record = decode_catalog(value)
            change = CHANGE.validate_json(bytes(record.change))
        except (UnknownFormat, ValueError):
            return  # written by a newer version; what it changes is unknown here, and the log keeps it
        self._latest.setdefault(record.tenant, Catalog()).apply(change, position, record.received)
        self._events.setdefault(record.tenant, []).append((position, record.received, change))
        if isinstance(change, INTERPRETS):
            self._taught[record.tenant] = position + 1


def _raw(change: Change) -> msgspec.Raw:
    return msgspec.Raw(change.model_dump_json().encode())
