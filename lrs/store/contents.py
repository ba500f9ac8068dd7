"""What tables hold, and whether that is all that was vouched for.

ClickHouse numbers the blocks of rows that are inserted, and a part says which of them it holds, however often it was
merged. So a table that was lost, recreated, emptied, restored from an older copy or left without one of its parts does
not hold the blocks that a checkpoint counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec


class TableContents(msgspec.Struct, frozen=True):
    """What a table held: `blocks` of those up to number `last`; `rows` counts those that replace each other, too."""

    uuid: str
    last: int
    blocks: int
    rows: int


class TablePart(msgspec.Struct, frozen=True):
    """The blocks of a table that one part holds, from the first to the last."""

    first: int
    last: int
    rows: int


class Contents(Protocol):
    """What the tables of a store hold now, be it one server or many."""

    @property
    def missing(self) -> Mapping[str, str]:
        """What was asked for and is not there, with the reasons."""

    def held(self) -> dict[str, TableContents]:
        """What a checkpoint that is written now vouches for."""

    def lacks(self, vouched: Mapping[str, TableContents]) -> dict[str, str]:
        """The tables that do not hold what was vouched for, with the reasons."""


class StoreContents(msgspec.Struct, frozen=True):
    """What the tables of one server hold now."""

    uuids: dict[str, str]  # of those that exist
    parts: dict[str, list[TablePart]]
    missing: dict[str, str] = {}

    def held(self) -> dict[str, TableContents]:
        return {
            table: TableContents(uuid, self.last(table), self.blocks(table), self.rows(table))
            for table, uuid in self.uuids.items()
        }

    def lacks(self, vouched: Mapping[str, TableContents]) -> dict[str, str]:
        reasons: dict[str, str] = {}
        for table, vouched_contents in vouched.items():
            if table not in self.uuids:
                reasons[table] = "is missing"
            elif self.uuids[table] != vouched_contents.uuid:
                reasons[table] = "is another than it was"
            elif (blocks := self.blocks(table, vouched_contents.last)) < vouched_contents.blocks:
                reasons[table] = f"lacks {vouched_contents.blocks - blocks} of {vouched_contents.blocks} blocks of rows"
        return reasons

    def last(self, table: str) -> int:
        """The number of the last block; -1 where there is none."""
        return max((part.last for part in self.parts.get(table, [])), default=-1)

    def rows(self, table: str) -> int:
        """How many rows, of which some may replace others."""
        return sum(part.rows for part in self.parts.get(table, []))

    def blocks(self, table: str, last: int | None = None) -> int:
        """How many blocks, of those up to number `last`."""
        part_ends = [
            (part.first, part.last if last is None else min(part.last, last)) for part in self.parts.get(table, [])
        ]
        return sum(max(0, end - first + 1) for first, end in part_ends)
