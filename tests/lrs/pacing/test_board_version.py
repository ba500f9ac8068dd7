"""Versions of boards: another where something changed, and one question for many who look."""

from __future__ import annotations

from typing import Any

from lrs.pacing.board_version import SECONDS, BoardVersions
from schemas.catalog import Catalog, Skill


class Decisions:
    """The table of decisions, as far as it is asked."""

    def __init__(self) -> None:
        self.version, self.asked = 1, 0

    def tuples(self, sql: str, asked: dict[str, Any]) -> list[tuple[int, int]]:
        self.asked += 1
        return [(self.version, 1)]


def test_a_version_is_another_where_something_changed() -> None:
    store: Any = Decisions()
    catalog, now = Catalog(), [0.0]
    board_versions = BoardVersions(store, lambda _: catalog, lambda: now[0])

    def later() -> str:
        now[0] += SECONDS
        return board_versions.of("t", "7b")

    first = board_versions.of("t", "7b")
    assert later() == first
    store.version = 2
    assert board_versions.of("t", "7b") == first  # asked a moment ago
    second = later()
    assert second != first
    catalog.apply(Skill(id="s"), 5, 0)
    assert later() != second
    asked = store.asked
    for _ in range(10):
        board_versions.of("t", "7b")
    assert store.asked == asked
    board_versions.of("t", "8c")
    assert store.asked == asked + 1
