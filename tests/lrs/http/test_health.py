"""Looks at the parts of a process: one at a time, whoever asks; writing and reading are judged apart."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

from sqlalchemy import text

from lrs.database.connection import open_engine
from lrs.http.health import Health, HealthReport
from lrs.log import Damaged, Unavailable
from lrs.store.client import StoreUnavailable


class Parts:
    """Parts that count how often they are asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.age = 0.0
        self.reinterpreting = False
        self.log: Exception | None = None
        self.store: Exception | None = None

    def freshness(self) -> dict[str, Any]:
        if self.log:
            raise self.log
        return {"age_seconds": self.age}

    def tuples(self, *_: Any) -> list[Any]:
        self.asked += 1
        if self.store:
            raise self.store
        return []


def health(parts: Parts) -> Health:
    return Health(parts, parts.freshness, lambda: True, lambda: parts.reinterpreting)  # type: ignore[arg-type]


def look(parts: Parts) -> HealthReport:
    return asyncio.run(health(parts).look(0))


def test_many_who_ask_cost_one_look() -> None:
    parts = Parts()

    async def play() -> None:
        found = health(parts)
        await asyncio.gather(*(found.look(1.0) for _ in range(200)))

    asyncio.run(play())
    assert parts.asked == 1


def test_who_may_know_gets_a_look_of_its_own() -> None:
    parts = Parts()

    async def play() -> None:
        found = health(parts)
        await found.look(0)
        await found.look(0)

    asyncio.run(play())
    assert parts.asked == 2


def test_what_keeps_from_reading_does_not_keep_from_writing() -> None:
    parts = Parts()
    parts.store, parts.age = StoreUnavailable("away"), 60.0
    found = look(parts)
    assert found.write == []
    assert found.read == ["the projections are 60 s behind the log", "ClickHouse: away"]


def test_what_is_read_again_is_said_and_keeps_from_nothing() -> None:
    parts = Parts()
    assert look(parts) == HealthReport(freshness={"age_seconds": 0.0})
    parts.reinterpreting = True
    assert look(parts) == HealthReport(freshness={"age_seconds": 0.0}, reinterpreting=True)


def test_a_table_that_is_missing_is_said_by_name() -> None:
    """Answers that come from it are refused, whatever the others say."""

    class Tables(Parts):
        def tuples(self, sql: str, parameters: dict[str, Any]) -> list[Any]:
            super().tuples(sql, parameters)
            return [(one,) for one in parameters.get("tables", []) if one != "learners"]

    parts = Tables()
    found = asyncio.run(
        Health(
            parts,  # type: ignore[arg-type]
            parts.freshness,
            lambda: True,
            lambda: False,
            ["statements", "learners"],
        ).look(0)
    )
    assert (found.write, found.read) == ([], ["ClickHouse: the table learners is missing"])


def test_a_log_that_lost_records() -> None:
    parts = Parts()
    parts.log = Damaged("statements", 3, "gone")
    assert look(parts).write == ["the log: position 3 of statements is damaged: gone"]


def test_a_log_that_is_away() -> None:
    parts = Parts()
    parts.log = Unavailable("no answer")
    assert look(parts).write == ["the log: no answer"]


def test_a_database_whose_journal_is_gone_is_said_to_who_writes(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/documents.db")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE a (b)"))
    assert look(Parts()).write == []
    (tmp_path / "documents.db-wal").unlink()
    [reason] = look(Parts()).write
    assert re.fullmatch(r"a database: .*documents.db-wal was removed or replaced while it was in use.*", reason)
    engine.dispose()
    assert look(Parts()).write == []


def test_a_tenant_whose_decisions_fail_hears_it_alone() -> None:
    """Others read what is right, and learn nobody's name."""
    parts = Parts()
    failing = {"school": "OverflowError in lrs/pacing/decide.py:1"}
    made = Health(
        parts,  # type: ignore[arg-type]
        parts.freshness,
        lambda: True,
        lambda: False,
        failing=lambda: failing,
    )
    found = asyncio.run(made.look(0))
    assert found.read == found.of("other").read == []
    assert found.of("school").read == ["the decisions of tenant school fail: OverflowError in lrs/pacing/decide.py:1"]
    assert found.of("school").write == []


def test_damaged_records_are_said_and_keep_from_nothing() -> None:
    parts = Parts()
    made = Health(
        parts,  # type: ignore[arg-type]
        parts.freshness,
        lambda: True,
        lambda: False,
        damaged=lambda: ["position 3 of statements is damaged"],
    )
    found = asyncio.run(made.look(0))
    assert found.damaged == found.of("school").damaged == ["position 3 of statements is damaged"]
    assert found.write == found.read == []
