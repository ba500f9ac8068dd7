"""The table of observations: a column for each field, and what the store itself needs to keep the last version."""

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
    "moved": "Bool",
}
"""The ClickHouse type of each field of an observation, in the order of the fields."""

TYPES_OF_ROWS = TYPES | {"version": "UInt64", "deleted": "UInt8"}
PRESENT, RETRACTED = (0, 0), (1, 1)  # (version, deleted): a retraction wins over any redelivery
FIELDS = ", ".join(TYPES)
_KIND = list(TYPES).index("kind")
_LISTS = [index for index, type_ in enumerate(TYPES.values()) if type_.startswith("Array")]


def to_row(observation: Observation, version: tuple[int, int]) -> tuple[Any, ...]:
    """The row of an observation; `version` is PRESENT or RETRACTED."""
    return (*msgspec.structs.astuple(observation), *version)


def from_row(row: Sequence[Any]) -> Observation:
    """The observation of a row of FIELDS."""
    values = list(row)
    values[_KIND] = Kind(values[_KIND])
    for index in _LISTS:
        values[index] = tuple(values[index])
    return Observation(*values)
