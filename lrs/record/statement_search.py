"""What arrived: statements by what people search for, voided ones included, with who sent them and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from lrs.errors import LostData, Missing
from lrs.log import Log, record_at
from lrs.store.client import Store
from schemas.envelope import UnknownVersion, Unreadable
from schemas.record import STATEMENTS, Bundle, position_of
from schemas.wording import worded

PAGE = 25  # statements
Place = tuple[int, int, int]  # (stored, partition, sequence)


class ArrivedStatement(NamedTuple):
    """A statement of the record; times in µs since the epoch."""

    stored: int
    partition: int
    sequence: int
    id: str
    timestamp: int
    verb: str
    activity: str
    actor: str  # canonical; empty for an anonymous group
    credential: str
    voids: str
    statement: str  # JSON

    @property
    def place(self) -> Place:
        return (self.stored, self.partition, self.sequence)


_ARRIVED_COLUMNS = ", ".join(ArrivedStatement._fields)


@dataclass(frozen=True, slots=True)
class StatementSearch:
    """What to look for, everything where a field is empty; since: not earlier than, until: earlier than (µs)."""

    id: str = ""
    agents: tuple[str, ...] = ()  # canonical actors, of which one is enough
    verb: str = ""
    activity: str = ""
    registration: str = ""
    credential: str = ""
    since: int | None = None
    until: int | None = None
    before: Place | None = None  # the last one of the page before


class SearchPage(NamedTuple):
    """A page, the newest first, which of its statements are voided, and where the next page starts."""

    rows: list[ArrivedStatement]
    voided: set[str]
    next: Place | None


class NoStatement(Missing):
    """The record has no such statement, or not for who asks."""

    def __init__(self) -> None:
        super().__init__(worded("there is no such statement"))


def search_statements(store: Store, tenant: str, search: StatementSearch) -> SearchPage:
    """The statements. Raises what Store.tuples raises."""
    parameters: dict[str, Any] = {"tenant": tenant}
    conditions = ["tenant = %(tenant)s", *_conditions(search, parameters)]
    order = "ORDER BY stored DESC, partition DESC, sequence DESC"
    matching = f"FROM statements WHERE {' AND '.join(conditions)} {order} LIMIT 1 BY stored, partition, sequence"
    # Which they are first, from narrow columns; then their text, from the few granules that hold it.
    statement_rows = store.tuples(
        f"SELECT {_ARRIVED_COLUMNS} FROM statements WHERE tenant = %(tenant)s AND (stored, partition, sequence) IN "
        f"(SELECT stored, partition, sequence {matching} LIMIT {PAGE + 1}) "
        f"{order} LIMIT 1 BY stored, partition, sequence",
        parameters,
    )
    rows = [ArrivedStatement(*row) for row in statement_rows]
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    voided = set(voided_by(store, tenant, [row.id for row in rows if not row.voids]))
    return SearchPage(rows, voided, rows[-1].place if more else None)


def find_statement(store: Store, tenant: str, id_: str) -> ArrivedStatement:
    """The statement with an id: of several the first. Raises NoStatement, and what Store.tuples raises."""
    statement_rows = store.tuples(
        f"SELECT {_ARRIVED_COLUMNS} FROM statements WHERE tenant = %(tenant)s AND id = %(id)s "
        "ORDER BY stored, partition, sequence LIMIT 1",
        {"tenant": tenant, "id": id_.lower()},
    )
    if not statement_rows:
        raise NoStatement
    return ArrivedStatement(*statement_rows[0])


def voided_by(store: Store, tenant: str, ids: Sequence[str]) -> dict[str, str]:
    """By the id of each voided one of some statements: the statement that voids it."""
    if not ids:
        return {}
    sql = "SELECT target, min(statement) FROM voids WHERE tenant = %(tenant)s AND target IN %(ids)s GROUP BY target"
    return dict(store.tuples(sql, {"tenant": tenant, "ids": tuple(ids)}))


def bundle_of(log: Log, row: ArrivedStatement) -> Bundle | None:
    """The bundle that a statement came in; None where the log no longer holds it. Raises Unavailable."""
    position = position_of(row.sequence)
    try:
        return Bundle.decode(record_at(log.partition(row.partition), STATEMENTS, position).value)
    except (LostData, Unreadable, UnknownVersion):
        return None


def _conditions(search: StatementSearch, parameters: dict[str, Any]) -> list[str]:
    conditions = []
    for condition, name, value in (
        ("id = %(id)s", "id", search.id),
        ("verb = %(verb)s", "verb", search.verb),
        ("(activity = %(activity)s OR has(related_activities, %(activity)s))", "activity", search.activity),
        ("registration = %(registration)s", "registration", search.registration),
        ("credential = %(credential)s", "credential", search.credential),
        ("stored >= %(since)s", "since", search.since),
        ("stored < %(until)s", "until", search.until),
    ):
        if value not in ("", None):
            conditions.append(condition)
            parameters[name] = value
    agents = {f"agent_{n}": agent for n, agent in enumerate(search.agents)}
    if agents:
        conditions.append(
            f"({' OR '.join(f'has(agents, %({name})s) OR has(related_agents, %({name})s)' for name in agents)})"
        )
        parameters |= agents
    if search.before is not None:
        conditions.append("(stored, partition, sequence) < (%(stored)s, %(partition)s, %(sequence)s)")
        parameters |= dict(zip(("stored", "partition", "sequence"), search.before, strict=True))
    return conditions
