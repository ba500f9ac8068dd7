"""Find statements: by id in the log at once, by filter in ClickHouse."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from lrs.log import Id, Log
from lrs.store.client import Store
from schemas.record import STATEMENTS, Bundle

ADMIT = "admit"  # whose position says what ClickHouse holds
MOST = 500
VOIDED = "http://adlnet.gov/expapi/verbs/voided"  # a statement with this verb is never taken back itself
_POLL_SECONDS = 0.005


@dataclass(frozen=True, slots=True)
class Filter:
    """What to look for; times in µs since the epoch (since: later than, until: not later than)."""

    agent: str = ""
    verb: str = ""
    activity: str = ""
    registration: str = ""
    related_agents: bool = False
    related_activities: bool = False
    credential: str = ""  # only what this credential sent
    since: int | None = None
    until: int | None = None
    ascending: bool = False
    limit: int = MOST
    after: tuple[int, int, int] | None = None  # (stored, lane, seq) of the last one of the page before


@dataclass(frozen=True, slots=True)
class Page:
    """Statements as bytes, and where the next page starts (None: there is none)."""

    statements: list[bytes]
    after: tuple[int, int, int] | None


class Finder:
    """Reads one log and one ClickHouse."""

    def __init__(self, log: Log, store: Store) -> None:
        self._log = log
        self._store = store
        self._lock = threading.Lock()
        self._voided: set[tuple[str, str]] = set()
        self._voids_seen = -1
        self._voids_at = -1  # admit's position when they were last read
        self._referred: dict[str, dict[str, set[str]]] = {}  # by tenant and target
        self._refs_seen = -1
        self._refs_at = -1

    def by_id(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        """One statement; with `voided`, one that has been taken back. None if there is no such. Raises the store's."""
        place = self._log.find(STATEMENTS, Id(tenant, statement))
        if place is None:
            return None
        position, index = place
        found = Bundle.decode(self._log.read(STATEMENTS, position, 1)[0].value).statements[index]
        gone = (tenant, statement) in self._voids() and orjson.loads(found)["verb"]["id"] != VOIDED
        return found if gone == voided else None

    def surely(self, tenant: str, statement: str, seconds: float) -> bytes | None:
        """As `by_id`, and None only if no such statement was acknowledged: waits for that up to `seconds`."""
        return self.by_id(tenant, statement)

    def take_back(self, tenant: str, statements: Sequence[str]) -> None:
        """Know at once of statements that were voided here."""
        with self._lock:
            self._voided |= {(tenant, statement) for statement in statements}

    def page(self, tenant: str, wanted: Filter) -> Page:
        """Statements in the order they were stored, the newest first unless ascending. Raises the store's errors."""
        parameters: dict[str, object] = {"tenant": tenant}
        says = _says(wanted, parameters)
        if says and (referring := self._referring(tenant, says, parameters)):
            # A statement is found by what it refers to as well (xAPI 1.0.3, part 3, 2.1.3).
            parameters["referring"] = referring
            says = [f"(({' AND '.join(says)}) OR id IN %(referring)s)"]
        conditions = ["tenant = %(tenant)s", *says]
        if wanted.credential:
            conditions.append("credential = %(credential)s")
            parameters["credential"] = wanted.credential
        if wanted.since is not None:
            conditions.append("stored > %(since)s")
            parameters["since"] = wanted.since
        if wanted.until is not None:
            conditions.append("stored <= %(until)s")
            parameters["until"] = wanted.until
        if wanted.after is not None:
            sign = ">" if wanted.ascending else "<"
            conditions.append(f"(stored, lane, seq) {sign} (%(stored)s, %(lane)s, %(seq)s)")
            parameters |= dict(zip(("stored", "lane", "seq"), wanted.after, strict=True))
        conditions.append("(id NOT IN (SELECT target FROM voids WHERE tenant = %(tenant)s) OR voids != '')")
        limit = min(wanted.limit or MOST, MOST)
        way = "ASC" if wanted.ascending else "DESC"
        order = f"ORDER BY stored {way}, lane {way}, seq {way}"
        # Which they are first, from narrow columns; then their text, from the few places where it stands.
        found = (
            f"SELECT stored, lane, seq FROM statements WHERE {' AND '.join(conditions)} "
            f"{order} LIMIT 1 BY stored, lane, seq LIMIT {limit + 1}"
        )
        rows = self._store.tuples(
            "SELECT stored, lane, seq, statement FROM statements "
            f"WHERE tenant = %(tenant)s AND (stored, lane, seq) IN ({found}) {order} LIMIT 1 BY stored, lane, seq",
            parameters,
        )
        more = len(rows) > limit
        rows = rows[:limit]
        after = (rows[-1][0], rows[-1][1], rows[-1][2]) if more else None
        return Page([row[3].encode() for row in rows], after)

    def wait(self, position: int, seconds: float) -> bool:
        """Wait until everything before `position` can be found; False if it took too long."""
        deadline = time.monotonic() + seconds
        while self._log.committed(ADMIT, STATEMENTS) < position:
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def consistent_through(self, now: int) -> int:
        """µs since the epoch: every statement stored before can be found."""
        position = self._log.committed(ADMIT, STATEMENTS)
        waiting = self._log.read(STATEMENTS, position, 1)
        return min(now, Bundle.decode(waiting[0].value).received - 1) if waiting else now

    def _referring(self, tenant: str, says: Sequence[str], parameters: dict[str, object]) -> list[str]:
        """The statements that refer to one that says it, or to one that refers to such a one, and so on."""
        refs = self._refs(tenant)
        if not refs:
            return []
        found = self._store.tuples(
            f"SELECT id FROM statements WHERE tenant = %(tenant)s AND id IN %(targets)s AND {' AND '.join(says)}",
            {**parameters, "targets": list(refs)},
        )
        known: set[str] = set()
        next_ = [id_ for (id_,) in found]
        while next_:
            fresh = {statement for target in next_ for statement in refs.get(target, ())} - known
            known |= fresh
            next_ = list(fresh)
        return sorted(known)

    def _refs(self, tenant: str) -> dict[str, set[str]]:
        """Who refers to a statement, by its id."""
        position = self._log.committed(ADMIT, STATEMENTS)
        with self._lock:
            if position != self._refs_at:
                found = self._store.tuples(
                    "SELECT tenant, target, statement, seq FROM refs WHERE seq > %(seen)s", {"seen": self._refs_seen}
                )
                for of, target, statement, seq in found:
                    self._referred.setdefault(of, {}).setdefault(target, set()).add(statement)
                    self._refs_seen = max(self._refs_seen, seq)
                self._refs_at = position
            return dict(self._referred.get(tenant, {}))

    def _voids(self) -> set[tuple[str, str]]:
        position = self._log.committed(ADMIT, STATEMENTS)
        with self._lock:
            if position != self._voids_at:
                found = self._store.tuples(
                    "SELECT tenant, target, seq FROM voids WHERE seq > {seen:Int64}", {"seen": self._voids_seen}
                )
                self._voided |= {(tenant, target) for tenant, target, _ in found}
                self._voids_seen = max([self._voids_seen, *(seq for *_, seq in found)])
                self._voids_at = position
            return self._voided


def _says(wanted: Filter, parameters: dict[str, object]) -> list[str]:
    """What a statement, or the one it refers to, has to say."""
    conditions = []
    for column, value in (("verb", wanted.verb), ("registration", wanted.registration)):
        if value:
            conditions.append(f"{column} = %({column})s")
            parameters[column] = value
    for name, column, value, related in (
        ("agent", "agents", wanted.agent, wanted.related_agents),
        ("activity", "activities", wanted.activity, wanted.related_activities),
    ):
        if value:
            plain = f"has({column}, %({name})s)"
            conditions.append(f"({plain} OR has(related_{column}, %({name})s))" if related else plain)
            parameters[name] = value
    return conditions
