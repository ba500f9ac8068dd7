"""Kafka is away: writes are refused in bounded time, boards are still read, and all go on by themselves afterwards."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.support.district import district
from tests.support.examples import SOAK
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading
from tests.support.statements import answered, key

AWAY_SECONDS = 60.0 if SOAK else 10.0
BOUND_SECONDS = 10.0  # promised


@pytest.mark.timeout(1200)
def test_kafka_away(tmp_path: Path, own_kafka: Broker) -> None:
    with district(tmp_path, own_kafka.address()) as parts:
        parts.start()
        with parts.client(timeout=60) as client:
            assert client.post("/xAPI/statements", json=answered("ada")).status_code == 200
            parts.wait()
            with loading(parts) as senders:
                time.sleep(2)
                own_kafka.kill()
                ends = time.monotonic() + AWAY_SECONDS
                longest, refused = 0.0, 0
                while time.monotonic() < ends:
                    started = time.monotonic()
                    answer = client.post("/xAPI/statements", json=answered("bo"))
                    longest = max(longest, time.monotonic() - started)
                    assert answer.status_code == 503, answer.text
                    assert int(answer.headers["Retry-After"]) > 0
                    refused += 1
                    board = client.get(f"/pacing/learners/{key('ada')}")
                    assert board.status_code == 200, board.text
                own_kafka.start()
                known = len(acknowledged(senders))
                deadline = time.monotonic() + 60
                while len(acknowledged(senders)) < known + 100:
                    assert time.monotonic() < deadline, "writes do not go on"
                    time.sleep(0.1)
            parts.wait()
        counts = compare(parts, acknowledged(senders))
        print(f"refused: {refused}, the slowest in {longest:.1f} s", counts, parts.restarts)
        assert refused > 0
        assert longest < BOUND_SECONDS  # the one timing that is a promise
        assert parts.restarts == []
