"""Find statements where the log has no index of ids: all of them in ClickHouse, as far as they are admitted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from lrs.log import Log
from lrs.record.finder import Finder
from lrs.store.client import Store
from schemas.record import ADMIT, STATEMENTS
from schemas.xapi.verbs import VOIDED

_POLL_SECONDS = 0.1
_FIRST_COPY = (
    "SELECT statement, verb FROM statements WHERE tenant = {tenant:String} AND id = {id:String} "
    "ORDER BY stored, partition, sequence LIMIT 1"
)
_VOIDS = "SELECT count() FROM voids WHERE tenant = {tenant:String} AND target = {id:String}"


class LaggingFinder(Finder):
    """Reads ClickHouse. `through` gives the time (µs) until which every statement that was stored is admitted."""

    def __init__(self, log: Log, store: Store, through: Callable[[], int]) -> None:
        super().__init__(store)
        self._log = log
        self._through = through

    def existing(self, tenant: str, statement: str) -> bytes | None:
        """The statement with this id, voided or not."""
        stored_copies = self._store.tuples(_FIRST_COPY, {"tenant": tenant, "id": statement})
        return stored_copies[0][0].encode() if stored_copies else None

    def by_id(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        parameters = {"tenant": tenant, "id": statement}
        first_rows, [(voids,)] = self._store.together([(_FIRST_COPY, parameters), (_VOIDS, parameters)])
        if not first_rows:
            return None
        [(statement_text, verb)] = first_rows
        is_voided = voids > 0 and verb != VOIDED
        return statement_text.encode() if is_voided == voided else None

    async def one(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        return await asyncio.to_thread(self.by_id, tenant, statement, voided)

    def surely(self, tenant: str, statement: str, seconds: float) -> bytes | None:
        statement_bytes = self.by_id(tenant, statement)
        if statement_bytes is None and self.wait(None, seconds):
            statement_bytes = self.by_id(tenant, statement)
        return statement_bytes

    def holds(self, position: int | None) -> bool:
        """Whether all that the log holds now can be found, as it is not known which partition a position is of."""
        return self._admitted(self._log.ends(STATEMENTS))

    def wait(self, position: int | None, seconds: float) -> bool:
        ends = self._log.ends(STATEMENTS)
        deadline = time.monotonic() + seconds
        while not self._admitted(ends):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def consistent_through(self, now: int) -> int:
        return min(now, self._through())

    async def through(self, now: int) -> int:
        return self.consistent_through(now)

    def _admitted(self, ends: list[int]) -> bool:
        return all(at >= end for at, end in zip(self._log.reached(ADMIT, STATEMENTS), ends, strict=False))
