"""Who writes mastery keeps the states that readers find without asking the table."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.pacing.mastery_rows import Kept, kept_of
from lrs.store.client import Store, StoreUnavailable
from lrs.store.gate import FileGate
from lrs.store.recent_states import RecentStates
from processors.folds.mastery import Mastery
from processors.stages.fold_learners import FoldLearners
from schemas.policy import Policy
from schemas.record import OBSERVATIONS
from tests.processors.runtime.test_way import Way
from tests.support.statements import answered, key, voiding

LEARNERS = ("ada", "bo", "nobody")


@pytest.fixture
def way(store: Store, tmp_path: Path) -> Iterator[Way]:
    whole_way = Way(store, tmp_path / "log", f"recent-{uuid.uuid4()}")
    yield whole_way
    whole_way.log.close()


def at(minute: int) -> str:
    return f"2026-03-02T09:{minute:02}:00Z"


class Counting(Store):
    """Counts the questions about mastery."""

    asked = 0

    def tuples(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        self.asked += "FROM mastery" in sql
        return super().tuples(sql, parameters)


class Failing(Store):
    """Writes, and then says that it did not."""

    fails = False

    def insert(self, table: str, names: Sequence[str], types: Sequence[str], columns: Sequence[Sequence[Any]]) -> None:
        super().insert(table, names, types, columns)
        if self.fails and table == "mastery":
            raise StoreUnavailable("no answer")


def test_what_is_found_without_asking_is_what_the_table_says(way: Way, store: Store, tmp_path: Path) -> None:
    gate = FileGate(tmp_path / "gates" / "mastery")
    failing = Failing(store._dsn, store.embedded)
    reader = Counting(store._dsn, store.embedded)
    recent = RecentStates(tmp_path / "gates", gate)

    def project() -> FoldLearners:
        return FoldLearners(
            way.log,
            failing,
            Mastery(),
            Catalogs(way.log),
            gate=gate,
            recent=RecentStates(tmp_path / "gates", gate),
        )

    def read(name: str, found: RecentStates | None) -> dict[str, Kept]:
        return kept_of(reader, Mastery(), Policy(), way.tenant, [key(name)], found)

    def check(questions: int) -> None:
        before = reader.asked
        kept = {name: read(name, recent) for name in LEARNERS}
        assert reader.asked - before == questions
        assert kept == {name: read(name, None) for name in LEARNERS}

    stage, position = project(), 0

    def move() -> None:
        nonlocal position
        way.move("admit", 10)
        records = way.log.read(OBSERVATIONS, position, 100)
        try:
            stage.handle(records)
        except StoreUnavailable:
            stage.reset()
            failing.fails = False
            stage.handle(records)
        position += len(records)

    first = answered("ada", "i1", timestamp=at(2))
    way.append([first, answered("bo", "i1", timestamp=at(3))])
    move()
    check(questions=len(LEARNERS))
    way.append([answered("ada", "i2", timestamp=at(5)), answered("bo", "i2", False, ("other",), timestamp=at(6))])
    move()
    check(questions=0)
    way.append([answered("bo", "i0", timestamp=at(1))])  # late
    way.append([voiding(first["id"])])
    move()
    check(questions=0)
    way.append([answered("ada", "i3", timestamp=at(9))])
    failing.fails = True
    move()
    check(questions=len(LEARNERS))
    check(questions=0)
    stage = project()
    stage.tick()  # another process may have been killed between the table and what is kept
    check(questions=len(LEARNERS))
