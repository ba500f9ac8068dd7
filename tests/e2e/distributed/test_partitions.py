"""Partitions are added under load: what is in two of them, of one id or one learner, counts once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from lrs.log.kafka_topics import make_topics
from schemas.observation import decode_observations
from schemas.record import OBSERVATIONS
from tests.support.district import District, district
from tests.support.examples import SOAK
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading

RAISES = 5 if SOAK else 1
KNOWN_SECONDS = 8.0  # within which API and workers know of an added partition


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("number", range(RAISES))
def test_raising_partitions_loses_and_doubles_nothing(tmp_path: Path, kafka: Broker, number: int) -> None:
    with district(tmp_path, kafka.address(), partitions=4) as parts:
        parts.start({"admit": 2, "project": 2})
        with loading(parts, pause=0.02) as senders:
            _wait_for_observations(parts)
            time.sleep(1 + number)
            assert make_topics(parts.kafka, 8, 1)
            time.sleep(KNOWN_SECONDS)
        parts.wait()
        counts = compare(parts, acknowledged(senders))
        in_two = _learners_in_two(parts)
        print(counts, f"learners in two partitions: {in_two}")
        assert in_two > 0
        assert counts.acknowledged > 200


def _wait_for_observations(parts: District) -> None:
    deadline = time.monotonic() + 60
    with parts.log() as log:
        while min(log.reached("project", OBSERVATIONS)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def _learners_in_two(parts: District) -> int:
    where: dict[str, set[int]] = {}
    with parts.log() as log:
        for partition in range(log.partitions(OBSERVATIONS, fresh=True)):
            position = 0
            while records := log.partition(partition).read(OBSERVATIONS, position, 10_000):
                position = records[-1].position + 1
                for record in records:
                    bundle = decode_observations(record.value)
                    if bundle.in_order:
                        for o in bundle.observations:
                            where.setdefault(o.learner, set()).add(partition)
    return sum(len(partitions) > 1 for partitions in where.values())
