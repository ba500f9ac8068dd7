"""The rows of statements, and of what they refer to and void: what GET statements reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lrs.record.voids import VOID_TYPES, Void
from lrs.store.client import Store
from processors.meaning.event_time import sent_time
from processors.stages.statement_keys import search_keys
from schemas.record import Bundle, StoredFirst
from schemas.xapi.actor import IDENTIFIERS
from schemas.xapi.verbs import VOIDED


class StatementRow(NamedTuple):
    """A statement with the keys it can be found by."""

    tenant: str
    stored: int
    id: str
    timestamp: int
    verb: str
    activity: str
    actor: str
    registration: str
    agents: list[str]
    activities: list[str]
    related_agents: list[str]
    related_activities: list[str]
    refers: str
    credential: str
    voids: str
    nothing: str
    partition: int
    sequence: int
    statement: bytes

    def reference(self, target: str) -> Void:
        """The row that says that this statement refers to, or voids, another."""
        return Void(self.tenant, target, self.id, self.partition, self.sequence)


STATEMENT_TYPES = {
    "tenant": "LowCardinality(String)",
    "stored": "Int64",
    "id": "String",
    "timestamp": "Int64",
    "verb": "String",
    "activity": "String",
    "actor": "String",
    "registration": "String",
    "agents": "Array(String)",
    "activities": "Array(String)",
    "related_agents": "Array(String)",
    "related_activities": "Array(String)",
    "refers": "String",
    "credential": "LowCardinality(String)",
    "voids": "String",
    "nothing": "LowCardinality(String)",
    "partition": "UInt32",
    "sequence": "UInt64",
    "statement": "String",
}
MOST_COPIED = 1 << 20  # bytes of a statement, over all its agents, that the view to_agent_statements copies
MOST_INSERTED = 64 << 20  # bytes: the engine has 1 GiB for all, and took 5 times as much as was written
REFERENCE_TYPES = VOID_TYPES  # of the tables `refs` and `voids`


def statement_row(
    statement: Mapping[str, Any],
    raw: bytes,
    bundle: Bundle,
    origin: StoredFirst,
    nothing: str = "",
    sent: int | None = None,
) -> StatementRow:
    """The row of a statement that has its times. Raises ValueError, KeyError, TypeError.

    `nothing`: why it is nobody's learning, if it is not. `sent`: what the sender says of when it happened, where that
    was read already.
    """
    keys = search_keys(statement)
    verb = statement["verb"]["id"]
    return StatementRow(
        tenant=bundle.tenant,
        stored=origin.stored,
        id=statement["id"].lower(),
        timestamp=sent_time(statement) if sent is None else sent,
        verb=verb,
        activity=keys.activities[0] if keys.activities else "",
        actor="" if IDENTIFIERS.isdisjoint(statement["actor"]) else keys.agents[0],  # anonymous groups have no key
        registration=((statement.get("context") or {}).get("registration") or "").lower(),
        agents=keys.agents,
        activities=keys.activities,
        related_agents=keys.related_agents,
        related_activities=keys.related_activities,
        refers=keys.refers,
        credential=bundle.credential,
        voids=keys.refers if verb == VOIDED else "",
        nothing=nothing,
        partition=origin.partition,
        sequence=origin.sequence,
        statement=raw,
    )


def insert_statements(store: Store, rows: Sequence[StatementRow]) -> None:
    """Insert statements, so many at once as make MOST_INSERTED bytes with what the view copies for each agent.

    ClickHouse holds all that one insert writes. Raises the store's errors.
    """
    first, size = 0, 0
    for at, row in enumerate(rows):
        row_size = _size_written(row)
        if size and size + row_size > MOST_INSERTED:
            insert_rows(store, "statements", STATEMENT_TYPES, rows[first:at])
            first, size = at, 0
        size += row_size
    insert_rows(store, "statements", STATEMENT_TYPES, rows[first:])


def _size_written(row: StatementRow) -> int:
    """About how many bytes the tables of statements and of those by agent get of a row."""
    related = sum(map(len, row.related_activities))
    copied = len(row.agents) * (len(row.statement) + related)
    rest = len(row.id) + len(row.verb) + len(row.activity) + len(row.registration) + len(row.credential)
    return len(row.statement) + related + len(row.agents) * rest + min(copied, MOST_COPIED)


def insert_rows(store: Store, table: str, types: Mapping[str, str], table_rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, by column, as that is twice as quick. Raises the store's errors."""
    if table_rows:
        store.insert(table, list(types), list(types.values()), list(zip(*table_rows, strict=True)))
