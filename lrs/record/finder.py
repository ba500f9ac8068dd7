"""Find statements by filter, in ClickHouse; what the two runtimes have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lrs.record.references import References
from lrs.record.voids import Voids
from lrs.store.client import Store, TooLarge

MOST_PAGE_STATEMENTS = 500
MOST_PAGE_BYTES = 8 << 20  # a page is held some times over, as rows, as text and as the answer
_FEWER = 8  # a page that is larger is asked for again with so many times fewer
_BY_AGENT = "agent_statements"
# There a statement that would take too much for all its agents has neither its text nor its activities: see the view.
_ABRIDGED = "has(related_activities, '')"
_PLACE = "stored, partition, sequence"
_ABRIDGED_ABOUT = (
    f"SELECT {_PLACE} FROM statements WHERE tenant = %(tenant)s AND has(related_activities, %(activity)s) "
    f"AND ({_PLACE}) IN (SELECT {_PLACE} FROM {_BY_AGENT} "
    f"WHERE tenant = %(tenant)s AND agent = %(agent)s AND {_ABRIDGED})"
)
_Conditions = Sequence[str]


@dataclass(frozen=True, slots=True)
class StatementFilter:
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
    limit: int = MOST_PAGE_STATEMENTS
    after: tuple[int, int, int] | None = None  # (stored, partition, sequence) of the last one of the page before


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Statements as bytes, and where the next page starts (None: there is none)."""

    statements: list[bytes]
    after: tuple[int, int, int] | None


class FoundStatement(NamedTuple):
    """A statement as a page needs it; the first three are its position in the order of all."""

    stored: int
    partition: int
    sequence: int
    statement: str
    id: str
    voids: str  # the statement that it voids; such a one is never voided itself

    @property
    def order(self) -> tuple[int, int, int]:
        return (self.stored, self.partition, self.sequence)


_FOUND_COLUMNS = ", ".join(FoundStatement._fields)


class Finder:
    """Finds statements of one store. What is asked for by id differs by runtime: EmbeddedFinder and LaggingFinder."""

    at_once = False  # whether ids and positions are known within microseconds, so that an event loop may ask

    def __init__(self, store: Store) -> None:
        self._store = store
        self._voids = Voids(store)
        self._references = References(store)

    def by_id(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        """The statement with an id; with `voided`, one that was voided.

        None if there is no such. Raises the store's errors.
        """
        raise NotImplementedError

    async def one(self, tenant: str, statement: str, voided: bool = False) -> bytes | None:
        """`by_id`, for an event loop. Raises the store's errors."""
        raise NotImplementedError

    def surely(self, tenant: str, statement: str, seconds: float) -> bytes | None:
        """As `by_id`, and None only if no such statement was acknowledged: waits for that up to `seconds`."""
        raise NotImplementedError

    def holds(self, position: int | None) -> bool:
        """Whether everything before a position (None: before the end, as it is now) can be found."""
        raise NotImplementedError

    def wait(self, position: int | None, seconds: float) -> bool:
        """Wait until everything before a position (None: the end) can be found; False if that took too long."""
        raise NotImplementedError

    def consistent_through(self, now: int) -> int:
        """µs since the epoch: every statement that was, or will be, stored until then can be found."""
        raise NotImplementedError

    async def through(self, now: int) -> int:
        """`consistent_through`, for an event loop."""
        raise NotImplementedError

    def page(self, tenant: str, statement_filter: StatementFilter) -> StatementPage:
        """Statements in the order they were stored, the newest first unless ascending. Raises the store's errors.

        As many as were asked for, or as make a page of MOST_PAGE_BYTES: the next begins where it ends.
        """
        limit = min(statement_filter.limit or MOST_PAGE_STATEMENTS, MOST_PAGE_STATEMENTS)
        while True:
            try:
                return self._page(tenant, statement_filter, limit)
            except TooLarge:
                if limit == 1:
                    raise
                limit = max(1, limit // _FEWER)

    def _page(self, tenant: str, statement_filter: StatementFilter, limit: int) -> StatementPage:
        parameters: dict[str, object] = {"tenant": tenant}
        table = self._narrowest_table(statement_filter)
        by_agent = table == _BY_AGENT
        says = _filter_conditions(statement_filter, parameters, by_agent)
        limits = _limits(statement_filter, parameters)
        readable = ["credential = %(credential)s"] if statement_filter.credential else []  # of what they refer to, too
        matching = f"SELECT id FROM {table} WHERE {' AND '.join(['tenant = %(tenant)s', *says, *readable])}"
        referring = self._references.to(tenant, matching, parameters, statement_filter.credential) if says else []
        direction = "ASC" if statement_filter.ascending else "DESC"
        order = f"ORDER BY stored {direction}, partition {direction}, sequence {direction}"

        def ask(table: str, says: _Conditions) -> list[FoundStatement]:
            conditions = ["tenant = %(tenant)s", *says, *limits]
            rows = self._rows(table, conditions, order, limit + 1, parameters)
            if not self._may_be_voided(rows):
                return rows
            # Asked each time, this would be the most expensive part of the question, and few pages need it.
            conditions.append("(id NOT IN (SELECT target FROM voids WHERE tenant = %(tenant)s) OR voids != '')")
            return self._rows(table, conditions, order, limit + 1, parameters)

        # A statement is found by what it refers to as well (xAPI 1.0.3, part 3, 2.1.3).
        parameters["referring"] = referring
        if not referring:
            rows = ask(table, says)
        elif by_agent:
            both = [*ask(table, says), *ask("statements", ["id IN %(referring)s"])]
            rows = sorted({row.order: row for row in both}.values(), reverse=not statement_filter.ascending)[
                : limit + 1
            ]
        else:
            rows = ask(table, [f"(({' AND '.join(says)}) OR id IN %(referring)s)"])
        more = len(rows) > limit
        rows = rows[:limit]
        return StatementPage([row.statement.encode() for row in rows], rows[-1].order if more else None)

    def _narrowest_table(self, statement_filter: StatementFilter) -> str:
        """The table that has the fewest rows to read."""
        return _BY_AGENT if statement_filter.agent and not statement_filter.related_agents else "statements"

    def _may_be_voided(self, found_statements: Sequence[FoundStatement]) -> bool:
        self._follow_voids()
        return any(
            self._voids.maybe([found_statement.id for found_statement in found_statements if not found_statement.voids])
        )

    def _follow_voids(self) -> None:
        self._voids.follow()

    def _with_texts(
        self, found_statements: list[FoundStatement], parameters: dict[str, object]
    ) -> list[FoundStatement]:
        """The same, each with its text, which the table by agent has not of those about many agents."""
        ids = [row.id for row in found_statements if not row.statement]
        if not ids:
            return found_statements
        texts = self._ask(
            f"SELECT {_FOUND_COLUMNS} FROM statements WHERE tenant = %(tenant)s AND id IN %(ids)s LIMIT 1 BY {_PLACE}",
            {**parameters, "ids": ids},
        )
        text_at = {row.order: row.statement for row in texts}
        return [row._replace(statement=row.statement or text_at[row.order]) for row in found_statements]

    def _rows(
        self, table: str, conditions: _Conditions, order: str, most: int, parameters: dict[str, object]
    ) -> list[FoundStatement]:
        """The first rows that meet the conditions."""
        matching = f"FROM {table} WHERE {' AND '.join(conditions)} {order}"
        once, first_rows = f"LIMIT 1 BY {_PLACE}", f"LIMIT {most}"
        if table == _BY_AGENT:  # sorted by agent: what it reads lies together
            found_statements = self._ask(f"SELECT {_FOUND_COLUMNS} {matching} {first_rows}", parameters)
            if len({row.order for row in found_statements}) != len(found_statements):
                # A batch was delivered again and its rows are not merged yet. To look for that each time costs a tenth.
                found_statements = self._ask(f"SELECT {_FOUND_COLUMNS} {matching} {once} {first_rows}", parameters)
            return self._with_texts(found_statements, parameters)
        # Which they are first, from narrow columns; then their text, from the few granules that hold it.
        return self._ask(
            f"SELECT {_FOUND_COLUMNS} FROM {table} WHERE tenant = %(tenant)s "
            f"AND ({_PLACE}) IN (SELECT {_PLACE} {matching} {once} {first_rows}) "
            f"{order} {once}",
            parameters,
        )

    def _ask(self, sql: str, parameters: dict[str, object]) -> list[FoundStatement]:
        sql += f" SETTINGS max_result_bytes = {MOST_PAGE_BYTES}, result_overflow_mode = 'throw'"
        return list(map(FoundStatement._make, self._store.tuples(sql, parameters)))


def _filter_conditions(statement_filter: StatementFilter, parameters: dict[str, object], by_agent: bool) -> list[str]:
    """What a statement, or the one it refers to, has to say."""
    conditions = []
    for column, value in (("verb", statement_filter.verb), ("registration", statement_filter.registration)):
        if value:
            conditions.append(f"{column} = %({column})s")
            parameters[column] = value
    is_agent = "agent = %(agent)s" if by_agent else "has(agents, %(agent)s)"
    is_activity = "activity = %(activity)s"  # a statement is about one at the most
    for name, value, plain, related, column in (
        ("agent", statement_filter.agent, is_agent, statement_filter.related_agents, "related_agents"),
        ("activity", statement_filter.activity, is_activity, statement_filter.related_activities, "related_activities"),
    ):
        if value:
            either = f"{plain} OR has({column}, %({name})s)"
            if related and by_agent:
                either += f" OR ({_ABRIDGED} AND ({_PLACE}) IN ({_ABRIDGED_ABOUT}))"
            conditions.append(f"({either})" if related else plain)
            parameters[name] = value
    return conditions


def _limits(statement_filter: StatementFilter, parameters: dict[str, object]) -> list[str]:
    """What a statement itself has to meet, whatever it refers to says."""
    conditions = []
    for value, condition, name in (
        (statement_filter.credential or None, "credential = %(credential)s", "credential"),
        (statement_filter.since, "stored > %(since)s", "since"),
        (statement_filter.until, "stored <= %(until)s", "until"),
    ):
        if value is not None:
            conditions.append(condition)
            parameters[name] = value
    if statement_filter.after is not None:
        sign = ">" if statement_filter.ascending else "<"
        conditions.append(f"(stored, partition, sequence) {sign} (%(stored)s, %(partition)s, %(sequence)s)")
        parameters |= dict(zip(("stored", "partition", "sequence"), statement_filter.after, strict=True))
    return conditions
