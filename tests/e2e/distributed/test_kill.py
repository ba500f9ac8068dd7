"""kill -9 of the API, workers, broker and engine during a load: nothing acknowledged is lost, nothing counts twice."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.support.district import district
from tests.support.examples import SOAK
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading

ROUNDS = 30 if SOAK else 5
TARGETS = ("admit-0", "project-0", "broker", "api", "engine")


@pytest.mark.timeout(1200)
def test_kills_lose_and_double_nothing(tmp_path: Path, own_kafka: Broker) -> None:
    draw = random.Random(30)
    killed = dict.fromkeys(TARGETS, 0)
    with district(tmp_path, own_kafka.address()) as parts:
        parts.start()
        with loading(parts) as senders:
            for number in range(ROUNDS):
                time.sleep(draw.uniform(0.3, 2.0))
                target = TARGETS[number % len(TARGETS)]
                if target == "broker":
                    own_kafka.kill()
                    own_kafka.start()
                else:
                    parts.kill(target)
                    parts.run(target)
                killed[target] += 1
                parts.heal()
            parts.wait(settled=False)
        parts.wait()
        said = acknowledged(senders)
        counts = compare(parts, said)
        print(killed, counts)
        assert sum(killed.values()) == ROUNDS
        assert counts.acknowledged > ROUNDS * 20
        assert min(killed.values()) >= ROUNDS // len(TARGETS)
