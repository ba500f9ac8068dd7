"""How many tries each learner needs for each item, and how many it took until the first right answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import msgspec

from schemas.evidence import Evidence
from schemas.observation import Kind


class Item(msgspec.Struct):
    """One learner's tries at one item."""

    attempts: int = 0
    solved_after: int | None = None
    last_time: int = 0


class State(msgspec.Struct):
    """One learner: every item that was tried, and the keys that changed since the last drain."""

    items: dict[str, Item] = {}
    touched: set[str] = set()


class Tries:
    """A row for each learner and item; the row with the key "" sums up the learner."""

    name: ClassVar[str] = "tries"
    column_types: ClassVar[Mapping[str, str]] = {
        "attempts": "UInt32",
        "solved_after": "Nullable(UInt32)",  # attempts until the first right one; null: none was right yet
        "last_time": "Int64",  # µs since the epoch
    }
    columns: ClassVar[tuple[str, ...]] = tuple(column_types)

    def start(self) -> State:
        return State()

    def step(self, state: State, evidence: Evidence) -> None:
        state.touched.add("")
        if evidence.kind != Kind.ATTEMPT or evidence.outcome is None or not evidence.item:
            return
        item = state.items.setdefault(evidence.item, Item())
        item.attempts += 1
        item.last_time = evidence.time
        if item.solved_after is None and evidence.outcome >= 0.5:
            item.solved_after = item.attempts
        state.touched.add(evidence.item)

    def drain(self, state: State) -> list[tuple[Any, ...]]:
        rows = [_summed(state) if key == "" else _row(key, state.items[key]) for key in sorted(state.touched)]
        state.touched.clear()
        return rows

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> State:
        return State({key: msgspec.msgpack.decode(kept, type=Item) for key, kept in rows if key})


def _row(key: str, item: Item) -> tuple[Any, ...]:
    return (key, msgspec.msgpack.encode(item), item.attempts, item.solved_after, item.last_time)


def _summed(state: State) -> tuple[Any, ...]:
    items = state.items.values()
    return ("", b"", sum(item.attempts for item in items), None, max((item.last_time for item in items), default=0))
