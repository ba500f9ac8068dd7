"""ClickHouse is away: writes are acknowledged, queries say when to come again, and the workers catch up."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.district import district
from tests.support.examples import SOAK
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading

AWAY_SECONDS = 60.0 if SOAK else 20.0


@pytest.mark.timeout(1200)
def test_clickhouse_away(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        with loading(parts) as senders, parts.client() as client:
            time.sleep(2)
            parts.kill("engine")
            time.sleep(1)
            before = len(acknowledged(senders))
            ends = time.monotonic() + AWAY_SECONDS
            asked = 0
            while time.monotonic() < ends:
                for path in ("/xAPI/statements", "/pacing/learners/account:x|y"):
                    answer = client.get(path)
                    assert answer.status_code == 503, (path, answer.status_code, answer.text)
                    assert int(answer.headers["Retry-After"]) > 0
                    asked += 1
                time.sleep(1)
            meanwhile = len(acknowledged(senders)) - before
            refused = sum(sender.refused for sender in senders)
            parts.run("engine")
            time.sleep(2)
        parts.wait()
        counts = compare(parts, acknowledged(senders))
        print(f"acknowledged meanwhile: {meanwhile}; queries answered with 503: {asked}", counts, parts.restarts)
        assert meanwhile > 20 * AWAY_SECONDS
        assert refused == 0
        assert parts.restarts == []
