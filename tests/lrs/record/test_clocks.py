"""Senders whose clock is off are listed, each with how far."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from lrs.log import Entry
from lrs.record.clocks import ClockOff, clocks_off
from lrs.store.client import Store
from schemas.record import STATEMENTS, Bundle
from tests.processors.runtime.test_way import Way
from tests.support.statements import answered, voiding

HOUR = 3_600_000_000


def test_by_how_much_in_words() -> None:
    off = ClockOff("tablets", 1, 1, -HOUR, 25 * HOUR + 61_000_000, 0, "")
    assert off.ahead == "-1:00:00 to 1 day, 1:01:01"
    assert off._replace(most=-HOUR).ahead == "-1:00:00"


def test_senders_whose_clock_is_off(store: Store, tmp_path: Path) -> None:
    way = Way(store, tmp_path / "log", f"clocks-{uuid.uuid4()}")

    def send(credential: str, *statements: dict[str, object]) -> None:
        raw = [orjson.dumps(statement) for statement in statements]
        bundle = Bundle(way.tenant, credential, 1, 0, [str(statement["id"]) for statement in statements], raw)
        way.log.append(STATEMENTS, Entry("", bundle.encode(), len(raw)))

    def after(hours: float) -> str:
        return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()

    ahead = [answered(name, timestamp=after(hours)) for name, hours in (("ada", 2), ("bo", 5), ("ada", 5))]
    gone = answered(timestamp=after(99))
    send("tablets", *ahead, answered(), gone, voiding(gone["id"]))
    send("old", answered(timestamp="1971-01-01T00:00:00Z"))
    send("right", answered(), answered(timestamp=after(-1)), answered(timestamp=after(0.05)))
    way.finish()
    tablets, old = clocks_off(store, way.tenant)
    assert (tablets.credential, tablets.statements, tablets.learners) == ("tablets", 3, 2)
    assert tablets.example in {statement["id"] for statement in ahead}
    assert (round(tablets.least / HOUR), round(tablets.most / HOUR)) == (2, 5)
    assert (old.credential, old.statements, old.most < -50 * 365 * 24 * HOUR) == ("old", 1, True)
    assert clocks_off(store, "nobody") == []
    way.log.close()
