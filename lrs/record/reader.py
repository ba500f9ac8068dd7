"""Find statements: by id in the log at once, by filter in ClickHouse."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from typing import Any

import orjson

from lrs.log import Id, Log
from lrs.store.client import Store
from schemas.record import STATEMENTS, Bundle

ADMIT = "admit"  # whose position says what ClickHouse holds
MOST = 500
VOIDED = "http://adlnet.gov/expapi/verbs/voided"  # a statement with this verb is never taken back itself
_BY_AGENT = "agent_statements"
_POLL_SECONDS = 0.005
_Row = tuple[Any, ...]


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
    after: tuple[int, int, int] | None = None  # (stored, partition, sequence) of the last one of the page before


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
        return self._look(tenant, statement, voided, self._voids)

    async def one(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        """`by_id`, for an event loop. Raises the store's."""
        if self.at_once and self._voids_at == self._log.committed(ADMIT, STATEMENTS):
            return self._look(tenant, statement, voided, lambda: self._voided)
        return await asyncio.to_thread(self.by_id, tenant, statement, voided)

    @property
    def at_once(self) -> bool:
        """Whether the log answers in µs, so that an event loop may ask it.

        A log that knows ids is the embedded one: SQLite's files on this machine, where in WAL mode no writer holds up a
        reader. A thread's hop and back costs more than the look.
        """
        return self._log.unique_ids

    def _look(
        self, tenant: str, statement: str, voided: bool, gone: Callable[[], Set[tuple[str, str]]]
    ) -> bytes | None:
        place = self._log.find(STATEMENTS, Id(tenant, statement))
        if place is None:
            return None
        position, index = place
        found = Bundle.decode(self._log.read(STATEMENTS, position, 1)[0].value).statements[index]
        taken_back = (tenant, statement) in gone() and orjson.loads(found)["verb"]["id"] != VOIDED
        return found if taken_back == voided else None

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
        table = self._narrowest_table(wanted)
        by_agent = table == _BY_AGENT
        says = _says(wanted, parameters, by_agent)
        referring = self._referring(tenant, table, says, parameters) if says else []
        limits = _limits(wanted, parameters)
        limit = min(wanted.limit or MOST, MOST)
        way = "ASC" if wanted.ascending else "DESC"
        order = f"ORDER BY stored {way}, partition {way}, sequence {way}"

        def ask(table: str, says: Sequence[str]) -> list[_Row]:
            conditions = ["tenant = %(tenant)s", *says, *limits]
            rows = self._rows(table, conditions, order, limit + 1, parameters)
            gone = self._voids()
            if not any((tenant, row[4]) in gone and not row[5] for row in rows):
                return rows
            # Asked each time, this would be the dearest part of the question, and few pages need it.
            conditions.append("(id NOT IN (SELECT target FROM voids WHERE tenant = %(tenant)s) OR voids != '')")
            return self._rows(table, conditions, order, limit + 1, parameters)

        # A statement is found by what it refers to as well (xAPI 1.0.3, part 3, 2.1.3).
        parameters["referring"] = referring
        if not referring:
            rows = ask(table, says)
        elif by_agent:
            both = [*ask(table, says), *ask("statements", ["id IN %(referring)s"])]
            rows = sorted({row[:3]: row for row in both}.values(), reverse=not wanted.ascending)[: limit + 1]
        else:
            rows = ask(table, [f"(({' AND '.join(says)}) OR id IN %(referring)s)"])
        more = len(rows) > limit
        rows = rows[:limit]
        return Page([row[3].encode() for row in rows], rows[-1][:3] if more else None)

    def _rows(
        self, table: str, conditions: Sequence[str], order: str, most: int, parameters: dict[str, object]
    ) -> list[_Row]:
        """The first rows that meet the conditions: (stored, partition, sequence, statement, id, voids)."""
        matching = f"FROM {table} WHERE {' AND '.join(conditions)} {order}"
        once, first = "LIMIT 1 BY stored, partition, sequence", f"LIMIT {most}"
        columns = "SELECT stored, partition, sequence, statement, id, voids"
        if table == _BY_AGENT:  # sorted by agent: what it reads lies together
            rows = self._store.tuples(f"{columns} {matching} {first}", parameters)
            if len({row[:3] for row in rows}) == len(rows):
                return rows
            # A batch was delivered again and its rows are not merged yet. To look for that each time costs a tenth.
            return self._store.tuples(f"{columns} {matching} {once} {first}", parameters)
        # Which they are first, from narrow columns; then their text, from the few places where it stands.
        return self._store.tuples(
            f"{columns} FROM {table} WHERE tenant = %(tenant)s "
            f"AND (stored, partition, sequence) IN (SELECT stored, partition, sequence {matching} {once} {first}) "
            f"{order} {once}",
            parameters,
        )

    def _narrowest_table(self, wanted: Filter) -> str:
        """The table that has the fewest rows to read."""
        return _BY_AGENT if wanted.agent and not wanted.related_agents else "statements"

    def holds(self, position: int) -> bool:
        """Whether everything before `position` can be found."""
        return self._log.committed(ADMIT, STATEMENTS) >= position

    def wait(self, position: int, seconds: float) -> bool:
        """Wait until everything before `position` can be found; False if it took too long."""
        deadline = time.monotonic() + seconds
        while not self.holds(position):
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def consistent_through(self, now: int) -> int:
        """µs since the epoch: every statement stored before can be found."""
        position = self._log.committed(ADMIT, STATEMENTS)
        waiting = self._log.read(STATEMENTS, position, 1)
        return min(now, Bundle.decode(waiting[0].value).received - 1) if waiting else now

    async def through(self, now: int) -> int:
        """`consistent_through`, for an event loop."""
        return self.consistent_through(now) if self.at_once else await asyncio.to_thread(self.consistent_through, now)

    def _referring(self, tenant: str, table: str, says: Sequence[str], parameters: dict[str, object]) -> list[str]:
        """The statements that refer to one that says it, or to one that refers to such a one, and so on."""
        refs = self._refs(tenant)
        if not refs:
            return []
        found = self._store.tuples(
            f"SELECT id FROM {table} WHERE tenant = %(tenant)s "
            f"AND id IN (SELECT target FROM refs WHERE tenant = %(tenant)s) AND {' AND '.join(says)}",
            parameters,
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
                    "SELECT tenant, target, statement, sequence FROM refs WHERE sequence > %(seen)s",
                    {"seen": self._refs_seen},
                )
                for of, target, statement, sequence in found:
                    self._referred.setdefault(of, {}).setdefault(target, set()).add(statement)
                    self._refs_seen = max(self._refs_seen, sequence)
                self._refs_at = position
            return dict(self._referred.get(tenant, {}))

    def _voids(self) -> Set[tuple[str, str]]:
        position = self._log.committed(ADMIT, STATEMENTS)
        with self._lock:
            if position != self._voids_at:
                found = self._store.tuples(
                    "SELECT tenant, target, sequence FROM voids WHERE sequence > {seen:Int64}",
                    {"seen": self._voids_seen},
                )
                self._voided |= {(tenant, target) for tenant, target, _ in found}
                self._voids_seen = max([self._voids_seen, *(sequence for *_, sequence in found)])
                self._voids_at = position
            return self._voided


def _says(wanted: Filter, parameters: dict[str, object], by_agent: bool) -> list[str]:
    """What a statement, or the one it refers to, has to say."""
    conditions = []
    for column, value in (("verb", wanted.verb), ("registration", wanted.registration)):
        if value:
            conditions.append(f"{column} = %({column})s")
            parameters[column] = value
    is_agent = "agent = %(agent)s" if by_agent else "has(agents, %(agent)s)"
    is_activity = "activity = %(activity)s"  # a statement is about one at the most
    for name, value, plain, related, column in (
        ("agent", wanted.agent, is_agent, wanted.related_agents, "related_agents"),
        ("activity", wanted.activity, is_activity, wanted.related_activities, "related_activities"),
    ):
        if value:
            conditions.append(f"({plain} OR has({column}, %({name})s))" if related else plain)
            parameters[name] = value
    return conditions


def _limits(wanted: Filter, parameters: dict[str, object]) -> list[str]:
    """What a statement itself has to meet, whatever it refers to says."""
    conditions = []
    for value, condition, name in (
        (wanted.credential or None, "credential = %(credential)s", "credential"),
        (wanted.since, "stored > %(since)s", "since"),
        (wanted.until, "stored <= %(until)s", "until"),
    ):
        if value is not None:
            conditions.append(condition)
            parameters[name] = value
    if wanted.after is not None:
        sign = ">" if wanted.ascending else "<"
        conditions.append(f"(stored, partition, sequence) {sign} (%(stored)s, %(partition)s, %(sequence)s)")
        parameters |= dict(zip(("stored", "partition", "sequence"), wanted.after, strict=True))
    return conditions
