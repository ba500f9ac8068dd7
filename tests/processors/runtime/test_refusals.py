"""Whatever ClickHouse refuses, and at whichever question of a batch: the batch is tried again, and nothing is blamed.

`make soak` goes through every error that ClickHouse has.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from lrs.errors import Refused, Transient
from lrs.store.client import Store
from processors.folds.registry import all_folds
from schemas.record import DEAD_LETTERS
from tests.processors.runtime.test_way import Way
from tests.support.examples import SOAK
from tests.support.rows import expected, live
from tests.support.statements import answered, voiding

SAMPLE = 12
_Answer = TypeVar("_Answer")


class Refusing(Store):
    """A store whose n-th question from now on is refused, and those after it."""

    error: tuple[int, str] | None = None
    left = 0

    def _once(self, ask: Callable[[Client], _Answer]) -> _Answer:
        self.left -= 1
        if self.error is None or self.left > 0:
            return super()._once(ask)
        code, name = self.error

        def refused(_: Client) -> _Answer:
            raise DatabaseError(f"Code: {code}. DB::Exception: as a test says. ({name})")

        return super()._once(refused)


def errors(store: Store) -> list[tuple[int, str]]:
    """Every error that this ClickHouse knows."""
    select_errors = (
        "SELECT code, name FROM system.errors WHERE code > 0 ORDER BY code SETTINGS system_events_show_zero_values = 1"
    )
    return [(int(code), str(name)) for code, name in store.tuples(select_errors, {})]


@pytest.mark.timeout(3600 if SOAK else 1200)
def test_every_class_of_error(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lrs.store.client.time.sleep", lambda seconds: None)
    all_errors = errors(store)
    assert len(all_errors) > 500
    draw = random.Random(4)
    chosen = all_errors if SOAK else draw.sample(all_errors, SAMPLE)
    refusing = Refusing(store._dsn, embedded=True)
    way = Way(refusing, tmp_path, f"refusals-{uuid.uuid4()}")
    sent: list[dict[str, Any]] = []
    refused = 0
    for stage in way.stages:
        for error in chosen:
            if not any(way.log.read(way.stages[stage].topic, way.positions[stage], 1)):
                sent.append(answered(f"l{len(sent) % 5}", f"i{len(sent)}"))
                more = [voiding(sent[-2]["id"])] if len(sent) % 7 == 6 else []
                sent += more
                way.append([*sent[-1 - len(more) :]])
                if stage != "admit":
                    way.move("admit", 100)
            before = way.positions[stage]
            refusing.error, refusing.left = error, draw.randint(1, 4)
            try:
                way.move(stage, 100)
            except (Transient, Refused):
                refused += 1
                way.stages[stage].reset()
                assert way.positions[stage] == before
            refusing.error = None
            way.move(stage, 100) if draw.random() < 0.2 else None
    way.finish()
    print(f"{len(chosen)} classes of errors, {refused} batches refused; 0 lost, 0 dead letters")
    assert refused > len(chosen)
    assert way.log.end(DEAD_LETTERS) == 0
    for fold in all_folds():
        assert live(store, fold, way.tenant) == expected(fold, way.tenant, sent)
    assert len(store.tuples("SELECT id FROM statements FINAL WHERE tenant = {t:String}", {"t": way.tenant})) == len(
        sent
    )
    way.log.close()
