"""On Kafka: persons are merged and split while both are written, workers of every stage being killed."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from lrs.catalog.catalogs import Catalogs
from tests.support.district import District, district
from tests.support.examples import SOAK
from tests.support.kafka import Broker
from tests.support.load import LEARNERS, acknowledged, compare, loading
from tests.support.statements import key

ROUNDS = 60 if SOAK else 15
SENDERS = 2


def _change(parts: District, draw: random.Random) -> int:
    """Merge two of whom statements come, or split one; gives how many changes that was."""
    one, other = (key(f"learner-{draw.randrange(SENDERS)}-{draw.randrange(LEARNERS)}") for _ in range(2))
    with parts.client() as client:
        if draw.random() < 0.7:
            answer = client.post("/people/merge", json={"into": one, "others": [other]})
            assert answer.status_code == 200, answer.text
        else:
            answer = client.post("/people/split", json={"key": one})
            assert answer.status_code in (200, 400), answer.text  # most are no part of anybody
    return int(answer.json().get("changes", 0))


@pytest.mark.timeout(1200)
def test_merges_and_splits_under_load_lose_and_double_nothing(tmp_path: Path, kafka: Broker) -> None:
    draw = random.Random(11)
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"admit": 2, "project": 2, "people": 2})
        changes = 0
        with loading(parts, SENDERS) as senders:
            for number in range(ROUNDS):
                changes += sum(_change(parts, draw) for _ in range(3))
                if number % 3 == 1:
                    name = ("people-0", "project-1", "admit-0")[number // 3 % 3]
                    parts.kill(name)
                    parts.run(name)
                time.sleep(draw.uniform(0.2, 0.8))
        parts.wait()
        counts = compare(parts, acknowledged(senders))
        print(ROUNDS, changes, counts, parts.restarts)
        assert changes > ROUNDS
        with parts.log() as log:
            people = Catalogs(log).latest("default").people
        names = [key(f"learner-{sender}-{n}") for sender in range(SENDERS) for n in range(LEARNERS)]
        assert len({people.person(name) for name in names}) < len(names)
