"""Workers come and go under load, in order and by kill -9: nothing is lost, nothing counts twice."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.support.district import District, district
from tests.support.examples import SOAK
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading

ROUNDS = 20 if SOAK else 6
WAY = (2, 3, 1)  # workers of a stage, again and again


def _bring(parts: District, stage: str, count: int, number: int) -> None:
    """Have so many workers of a stage: the oldest leave first, and those that come have new names."""
    names = [name for name in parts.processes if name.startswith(stage)]
    for name in names[: len(names) - count]:
        parts.end(name, random.Random(number).choice((signal.SIGTERM, signal.SIGKILL)))
    for new in range(count - len(names)):
        parts.run(f"{stage}-{number}{new}")


@pytest.mark.timeout(1200)
def test_rebalances_lose_and_double_nothing(tmp_path: Path, kafka: Broker) -> None:
    draw = random.Random(7)
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        with loading(parts) as senders:
            for number in range(ROUNDS):
                stage = ("project", "admit")[number % 2]
                _bring(parts, stage, WAY[number // 2 % len(WAY)], number)
                time.sleep(draw.uniform(1.0, 3.0))
        parts.wait()
        counts = compare(parts, acknowledged(senders))
        print(ROUNDS, counts, parts.restarts)
        assert counts.acknowledged > ROUNDS * 20
