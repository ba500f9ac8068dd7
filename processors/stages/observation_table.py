"""The table of observations: a column for each field, and what the store itself needs to keep the last version.

Of the rows of one observation the highest version is valid: as it was first read; as it was read again, by the position
of the change that had it read again; and, above all of these, its retraction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from schemas.observation import Kind, Observation

TYPES = {
    "tenant": "LowCardinality(String)",
    "learner": "String",
    "time": "Int64",
    "statement": "String",
    "ordinal": "UInt32",
    "kind": "LowCardinality(String)",
    "verb": "LowCardinality(String)",
    "item": "String",
    "skills": "Array(String)",
    "outcome": "Nullable(Float64)",
    "duration": "Nullable(Float64)",
    "session": "String",
    "partition": "UInt32",
    "sequence": "UInt64",
    "sent": "Nullable(Int64)",
    "day": "Nullable(Int32)",
    "midnight": "Nullable(Int64)",
    "share": "Nullable(Float64)",
    "attempt": "String",
    "by": "LowCardinality(String)",
    "mode": "LowCardinality(String)",
    "parents": "Array(String)",
    "position": "Nullable(Float64)",
    "provisional": "Bool",
    "assistance": "LowCardinality(String)",
    "classes": "Array(String)",
    "stretches": "Array(Float64)",
    "moved": "Bool",
    "person": "String",
}
"""The ClickHouse type of each field of an observation, in the order of the fields."""

TYPES_OF_ROWS = TYPES | {"version": "UInt64", "deleted": "UInt8"}
Version = tuple[int, int]  # version, deleted
PRESENT, RETRACTED = (0, 0), (2**64 - 1, 1)
FIELDS = ", ".join(TYPES)
KEY = "tenant, person, time, statement, ordinal"
_KIND = list(TYPES).index("kind")
_LIST_COLUMNS = [index for index, type_ in enumerate(TYPES.values()) if type_.startswith("Array")]


def version_after(position: int | None, deleted: bool = False) -> Version:
    """The version of what was read again because of the change at a position; PRESENT if there is none."""
    return PRESENT if position is None else (position + 2, int(deleted))  # 1 was that of retractions


def observations_table_sql(table: str) -> str:
    """The SQL that makes a table like that of observations under another name."""
    columns = ",\n".join(f"  `{name}` {type_}" for name, type_ in TYPES_OF_ROWS.items())
    return (
        f"CREATE TABLE IF NOT EXISTS {table} (\n{columns}\n) ENGINE = ReplacingMergeTree(version, deleted)\n"
        f"ORDER BY ({KEY})\nSETTINGS index_granularity = 1024"
    )


def observation_row(observation: Observation, version: Version) -> tuple[Any, ...]:
    """The row of an observation in one version."""
    return (*msgspec.structs.astuple(observation), *version)


def observation_of(row: Sequence[Any]) -> Observation:
    """The observation of a row of FIELDS."""
    values = list(row)
    values[_KIND] = Kind(values[_KIND])
    for index in _LIST_COLUMNS:
        values[index] = tuple(values[index])
    return Observation(*values)
