"""The catalogs of all tenants, folded from the log's catalog topic."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

import msgspec
import orjson
from pydantic import ValidationError

from lrs.log import Entry, Log, NotUnderstood, OtherLog, Record, Truncated, Unavailable
from processors.meaning.version import INTERPRETATION
from schemas.alerts import AlertEvent
from schemas.catalog import CHANGE, INTERPRETS, Catalog, Change, PartOf, Recorded
from schemas.envelope import ENVELOPE_VERSION, UnknownVersion, Unreadable, encode
from schemas.models import ModelEvent
from schemas.notes import NoteEvent
from schemas.people import People
from schemas.plan_events import PlanEvent
from schemas.reading import Reinterpret
from schemas.record import CATALOG, CatalogRecord, decode_catalog
from schemas.refusal import refusal

_CHANGES_READ = 1000
_EARLIER = 1_000  # catalogs of earlier positions that are kept
_RECORD_BYTES = 4 << 20  # of one record


class AcceptedChange(NamedTuple):
    """A change with its position in the log, and when it was accepted (µs since the epoch)."""

    position: int
    time: int
    change: Change


class Catalogs:
    """Follows the catalog topic. Safe to use from many threads.

    A statement is interpreted with the catalog of the time when it was accepted, so earlier ones can be had, too. A
    Reinterpret moves all of them that lie before it to where it is. PartOf is the same in all of them: whoever reads
    that change has the item's earlier statements read again.
    """

    def __init__(self, log: Log, seconds: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds`: how old a look at the log may be when the latest catalog is asked for."""
        self._log = log
        self._seconds = seconds
        self._clock = clock
        self._looked = -math.inf
        self._lock = threading.Lock()
        self._empty = Catalog()  # of a tenant without changes
        self._forget()

    def _forget(self) -> None:
        self._next = 0
        self._latest: dict[str, Catalog] = {}
        self._events: dict[str, list[AcceptedChange]] = {}
        self._taught: dict[str, int] = {}  # position after the last change that interpretation depends on
        self._reread: dict[str, int] = {}  # position after the last Reinterpret
        self._reread_asked_at = 0  # position after the last change, of any tenant, that is to be applied to the past
        self._earlier: dict[tuple[str, int], Catalog] = {}

    @property
    def position(self) -> int:
        """The position up to which changes are known here (exclusive)."""
        with self._lock:  # what is applied is counted
            return self._next

    @property
    def reread_asked_at(self) -> int:
        """The position after the last change, of any tenant, that is known here and to be applied to the past."""
        return self._reread_asked_at

    def latest(self, tenant: str) -> Catalog:
        """The tenant's catalog, with every change that the log holds, or held a moment ago.

        A log that does not answer now, and did before, leaves what was known then.
        """
        self.look()
        return self._latest.get(tenant, self._empty)

    def look(self) -> None:
        """Know every change that the log holds, or held a moment ago."""
        if not self._seconds:
            self.follow()
        elif self._clock() - self._looked >= self._seconds:
            self._looked = self._clock()
            with suppress(Unavailable):
                self.follow()

    def at(self, tenant: str, position: int) -> Catalog:
        """A catalog that interprets what was accepted when the topic ended at `position`, as far as is known here."""
        if position > self._next:
            self.follow()
        position = max(position, self._reread.get(tenant, 0))
        if position >= self._taught.get(tenant, 0):
            return self._latest.get(tenant, self._empty)
        key = (tenant, position)
        if key not in self._earlier:
            if len(self._earlier) >= _EARLIER:
                self._earlier.clear()
            self._earlier[key] = self._made(tenant, position)
        return self._earlier[key]

    def reinterpreted_at(self, tenant: str, position: int) -> int | None:
        """The position of the Reinterpret that moves what was accepted at `position`; None if none does."""
        reread = self._reread.get(tenant, 0)
        return reread - 1 if position < reread else None

    def changes(self, tenant: str) -> list[AcceptedChange]:
        """Every change that is known here, in order."""
        return list(self._events.get(tenant, ()))

    def count(self, tenant: str) -> int:
        """How many changes of a tenant are known here."""
        return len(self._events.get(tenant, ()))

    def tenants(self) -> list[str]:
        """Whoever has changed a catalog, as far as is known here."""
        return sorted(self._events)

    def all(self) -> dict[str, Catalog]:
        """Every tenant's catalog, with every change that the log holds, or held a moment ago."""
        self.look()
        return dict(sorted(self._latest.items()))

    def proposed(self, tenant: str, changes: Sequence[Change]) -> Catalog:
        """The latest catalog as it would be with some changes more."""
        self.follow()
        catalog = self._made(tenant, self._next)
        catalog.edges = dict(catalog.edges)
        for change in changes:
            catalog.apply(change, self._next, 0)
        return catalog

    def _made(self, tenant: str, position: int) -> Catalog:
        catalog = Catalog()
        for changed, at, change in self._events.get(tenant, ()):
            if changed < position and not isinstance(change, PartOf):
                catalog.apply(change, changed, at)
        if latest := self._latest.get(tenant):
            catalog.edges = latest.edges
        return catalog

    def reach(self, position: int) -> None:
        """Know every change before a position, which somebody has acted on. Raises OtherLog where the log ends before
        it, and as `follow`."""
        if position > self._next:
            end = self._log.end(CATALOG)
            self.follow()
            self._next = max(self._next, end)  # what is left before the end was damaged, and left out
        if position > self._next:
            raise OtherLog(f"{CATALOG} ends at {self._next}, before position {position}, up to which it was acted on")

    def people(self, tenant: str) -> People:
        """Who is who in a tenant, by the changes that are known here."""
        return (self._latest.get(tenant) or Catalog()).people

    def append(self, tenant: str, credential: str, change: Recorded, now: int) -> int:
        """Put a change into the log; gives its position. Raises what Log.append raises."""
        return self.append_all(tenant, credential, [change], now)

    def append_all(self, tenant: str, credential: str, changes: Iterable[Recorded], now: int) -> int:
        """Put changes into the log, in order; gives the last one's position (0 without any).

        Those that fit are one record, all or none. Raises Invalid, with nothing written, for a change that could not be
        read again: it would halt whoever reads the catalog. Raises what Log.append raises; records before that remain.
        """
        position = 0
        for raw_changes in _in_records([_raw(change) for change in changes]):
            record = CatalogRecord(ENVELOPE_VERSION, tenant, credential, now, raw_changes)
            position = self._log.append(CATALOG, Entry(tenant, encode(record)))
        self.follow()
        return position

    def follow(self) -> None:
        """Take in what was appended since. Raises NotUnderstood, and what Log.read raises.

        After Truncated the catalogs are empty, and the next call reads the log from its start.
        """
        with self._lock:
            try:
                while records := self._log.read(CATALOG, self._next, _CHANGES_READ):
                    for record in records:
                        self._apply(record)
                        self._next = record.position + 1
            except Truncated:
                self._forget()
                raise

    def _apply(self, record: Record) -> None:
        catalog_record, changes = read_changes(record)
        for change in changes:
            self._latest.setdefault(catalog_record.tenant, Catalog()).apply(
                change, record.position, catalog_record.time
            )
            if isinstance(
                change, ModelEvent | PlanEvent | AlertEvent | NoteEvent
            ):  # many or large, and of no use to an earlier catalog
                continue
            self._events.setdefault(catalog_record.tenant, []).append(
                AcceptedChange(record.position, catalog_record.time, change)
            )
            if isinstance(change, PartOf | Reinterpret):
                self._reread_asked_at = record.position + 1
            if isinstance(change, INTERPRETS):
                self._taught[catalog_record.tenant] = record.position + 1
            elif isinstance(change, Reinterpret):
                self._reread[catalog_record.tenant] = record.position + 1


def read_changes(record: Record) -> tuple[CatalogRecord, list[Recorded]]:
    """What a record of the catalog says. Raises NotUnderstood."""
    try:
        catalog_record = decode_catalog(record.value)
        return catalog_record, [CHANGE.validate_json(bytes(raw)) for raw in catalog_record.changes]
    except (UnknownVersion, ValueError) as error:
        # Passed over, statements would be given another meaning than they had.
        reason = str(error) if isinstance(error, UnknownVersion | Unreadable) else "a change of a newer release"
        raise NotUnderstood(f"position {record.position} of {CATALOG}: {reason}") from error


def _in_records(changes: Iterable[msgspec.Raw]) -> Iterator[list[msgspec.Raw]]:
    raw_changes: list[msgspec.Raw] = []
    size = 0
    for change in changes:
        length = len(bytes(change))
        if raw_changes and size + length > _RECORD_BYTES:
            yield raw_changes
            raw_changes, size = [], 0
        raw_changes.append(change)
        size += length
    if raw_changes:
        yield raw_changes


def _raw(change: Recorded) -> msgspec.Raw:
    if isinstance(change, Reinterpret):
        change = change.model_copy(update={"interpretation": INTERPRETATION})
    raw = change.model_dump_json().encode()
    try:
        CHANGE.validate_json(raw)  # a copy that was updated is checked by nobody else
    except ValidationError as error:
        raise refusal(orjson.loads(raw), error) from error
    return msgspec.Raw(raw)
