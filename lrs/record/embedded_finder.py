"""Find statements of the embedded log: by id in the log at once, by filter in ClickHouse."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Sequence

import orjson

from lrs.log import Damaged, IndexedLog, UniqueId, record_at
from lrs.record.completion import add_times
from lrs.record.finder import Finder
from lrs.record.voids import Key
from lrs.store.client import Store
from schemas.record import ADMIT, STATEMENTS, Bundle
from schemas.xapi.verbs import VOIDED

_POLL_SECONDS = 0.005


class EmbeddedFinder(Finder):
    """Asks the log for ids and positions.

    SQLite's files on this machine answer in microseconds, and in WAL mode no writer holds up a reader. A thread's hop
    and back costs more than the look.
    """

    at_once = True

    def __init__(self, log: IndexedLog, store: Store) -> None:
        super().__init__(store)
        self._log = log
        self._lock = threading.Lock()
        self._followed_at = -1  # admit's position when voids were last read
        self._voided_here: deque[tuple[int, list[Key]]] = deque()  # not admitted yet: position after them, and which
        self._not_admitted: set[Key] = set()

    def by_id(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        statement_in_log = self._in_log(tenant, statement)
        if statement_in_log is None:
            return None
        raw, may_be_void = statement_in_log
        return raw if (may_be_void and self._is_voided(tenant, statement)) == voided else None

    async def one(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        if self._followed_at == self._log.committed(ADMIT, STATEMENTS):
            statement_in_log = self._in_log(tenant, statement)
            if statement_in_log is None:
                return None
            raw, may_be_void = statement_in_log
            if (tenant, statement) in self._not_admitted or not may_be_void:
                return raw if may_be_void == voided else None
            if not self._voids.maybe([statement])[0]:
                return None if voided else raw
        return await asyncio.to_thread(self.by_id, tenant, statement, voided)

    def surely(self, tenant: str, statement: str, seconds: float) -> bytes | None:
        return self.by_id(tenant, statement)

    def voided(self, tenant: str, statements: Sequence[str], position: int | None) -> None:
        """Know at once of statements that were voided here, by a record before `position`."""
        if position is None:
            return
        with self._lock:
            keys = [(tenant, statement) for statement in statements]
            self._voided_here.append((position, keys))
            self._not_admitted.update(keys)

    def holds(self, position: int | None) -> bool:
        end = self._log.end(STATEMENTS) if position is None else position
        return self._log.committed(ADMIT, STATEMENTS) >= end

    def wait(self, position: int | None, seconds: float) -> bool:
        end = self._log.end(STATEMENTS) if position is None else position
        deadline = time.monotonic() + seconds
        while not self.holds(end):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def consistent_through(self, now: int) -> int:
        return self._log.stored_before(STATEMENTS, self._log.committed(ADMIT, STATEMENTS))

    async def through(self, now: int) -> int:
        return self.consistent_through(now)

    def _in_log(self, tenant: str, statement: str) -> tuple[bytes, bool] | None:
        """A statement, complete, and whether it can be voided at all. Raises Damaged and StoreUnavailable."""
        logged_place = self._log.find(STATEMENTS, UniqueId(tenant, statement))
        if logged_place is None:
            self._store.check_open()  # a log that was restored older does not hold what the tables still do: no 404
            return None
        position, index = logged_place
        record = record_at(self._log, STATEMENTS, position)
        bundle = Bundle.decode(record.value)
        if index >= len(bundle.ids) or (bundle.tenant, bundle.ids[index]) != (tenant, statement):
            raise Damaged(
                STATEMENTS, position, "the index of ids names another statement", [UniqueId(tenant, statement)]
            )
        raw = bundle.statements[index]
        decoded = orjson.loads(raw)
        stored = bundle.origin(index, record.partition, record.position, record.time).stored
        return add_times(raw, decoded, stored), decoded["verb"]["id"] != VOIDED

    def _is_voided(self, tenant: str, statement: str) -> bool:
        self._follow_voids()
        key = (tenant, statement)
        return key in self._not_admitted or bool(self._voids.of([key]))

    def _follow_voids(self) -> None:
        position = self._log.committed(ADMIT, STATEMENTS)
        if position == self._followed_at:
            return
        self._voids.follow()
        with self._lock:
            while self._voided_here and self._voided_here[0][0] <= position:
                self._not_admitted.difference_update(self._voided_here.popleft()[1])
            self._followed_at = position
