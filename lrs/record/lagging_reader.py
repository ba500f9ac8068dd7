"""Find statements where the log has no index of ids: all of them in ClickHouse, as far as they are admitted."""

from __future__ import annotations

import time
from collections.abc import Callable, Set

from lrs.log import Log
from lrs.record.reader import ADMIT, VOIDED, Finder
from lrs.record.voids import Voids
from lrs.store.client import Store
from schemas.record import STATEMENTS

_POLL_SECONDS = 0.1
_FIRST = (
    "SELECT statement, verb FROM statements WHERE tenant = {tenant:String} AND id = {id:String} "
    "ORDER BY stored, partition, sequence LIMIT 1"
)
_VOIDS = "SELECT count() FROM voids WHERE tenant = {tenant:String} AND target = {id:String}"


class LaggingFinder(Finder):
    """Reads ClickHouse. `through` gives the time (µs) before which every statement that was stored is admitted."""

    def __init__(self, log: Log, store: Store, through: Callable[[], int]) -> None:
        super().__init__(log, store)
        self._through = through
        self._taken_back = Voids(store, shared=True)
        self._refs_of: dict[str, tuple[int, dict[str, set[str]]]] = {}

    def standing(self, tenant: str, statement: str) -> bytes | None:
        """The statement with this id, voided or not."""
        found = self._store.tuples(_FIRST, {"tenant": tenant, "id": statement})
        return found[0][0].encode() if found else None

    def by_id(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        asked = {"tenant": tenant, "id": statement}
        found, voids = self._store.together([(_FIRST, asked), (_VOIDS, asked)])
        if not found:
            return None
        gone = bool(voids[0][0]) and found[0][1] != VOIDED
        return found[0][0].encode() if gone == voided else None

    def surely(self, tenant: str, statement: str, seconds: float) -> bytes | None:
        found = self.by_id(tenant, statement)
        if found is None and self.wait(0, seconds):
            found = self.by_id(tenant, statement)
        return found

    def wait(self, position: int, seconds: float) -> bool:
        """Wait until everything that stands in the log now can be found, whatever `position`."""
        ends = self._log.ends(STATEMENTS)
        deadline = time.monotonic() + seconds
        while any(at < end for at, end in zip(self._log.reached(ADMIT, STATEMENTS), ends, strict=False)):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def consistent_through(self, now: int) -> int:
        return min(now, self._through())

    def _voids(self) -> Set[tuple[str, str]]:
        with self._lock:
            return self._taken_back.all()

    def _refs(self, tenant: str) -> dict[str, set[str]]:
        [(count,)] = self._store.tuples("SELECT count() FROM refs WHERE tenant = {tenant:String}", {"tenant": tenant})
        known, refs = self._refs_of.get(tenant, (0, {}))
        if count != known:
            refs = {}
            for target, statement in self._store.tuples(
                "SELECT target, statement FROM refs WHERE tenant = {tenant:String}", {"tenant": tenant}
            ):
                refs.setdefault(target, set()).add(statement)
            self._refs_of[tenant] = (count, refs)
        return refs
