"""Records that the log no longer holds are reported, never skipped: the worker ends with code 6 and says which."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from lrs.exits import HALTED
from lrs.log.kafka_topics import apply
from tests.support.district import District, district
from tests.support.kafka import Broker
from tests.support.statements import answered

PATIENCE = 60.0


def _post(parts: District, count: int) -> None:
    with parts.client() as client:
        for _ in range(count):  # a record each, in every partition
            batch = [answered(f"l{n}") for n in range(40)]
            assert client.post("/xAPI/statements", json=batch).status_code == 200
            time.sleep(0.7)  # so that they are passed on as a record each, too


def _ends(parts: District, name: str) -> None:
    """The worker ends with the code that says that records are missing, and names them."""
    process = parts.processes[name]
    assert process.wait(PATIENCE) == HALTED, parts.said(name)[-2000:]
    said = parts.said(name).splitlines()[-1]
    print(said)
    assert "see the runbook" in said
    parts.processes.pop(name)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("stage", "topic"),
    [("admit", "statements"), pytest.param("project", "observations", marks=pytest.mark.soak)],
)
def test_records_that_were_deleted_before_they_were_read(tmp_path: Path, kafka: Broker, stage: str, topic: str) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        _post(parts, 3)
        parts.wait()
        parts.end(f"{stage}-0")
        _post(parts, 5)
        time.sleep(2)  # the stage before has passed them on
        with parts.log() as log:
            before = log.reached(stage, topic)
            ends = log.ends(topic)
            assert all(at + 2 < end for at, end in zip(before, ends, strict=True))
            admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
            admin.delete_records({TopicPartition(parts.kafka.name(topic), 1): before[1] + 2})
            admin.close()
            for _ in range(2):  # and again when it is started again
                parts.run(f"{stage}-0")
                _ends(parts, f"{stage}-0")
                assert f"partition 1 of {topic} no longer holds position {before[1]}" in parts.said(f"{stage}-0")
                assert log.reached(stage, topic)[1] == before[1]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("stage", "topic"),
    [pytest.param("admit", "statements", marks=pytest.mark.soak), ("project", "observations")],
)
def test_a_topic_that_was_deleted_and_made_anew(tmp_path: Path, kafka: Broker, stage: str, topic: str) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        _post(parts, 5)
        parts.wait()
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        admin.delete_topics([parts.kafka.name(topic)])
        admin.close()
        deadline = time.monotonic() + PATIENCE
        while not apply(parts.kafka, 4, 1):  # until it is gone
            assert time.monotonic() < deadline
            time.sleep(0.1)
        _ends(parts, f"{stage}-0")
        parts.run(f"{stage}-0")
        _ends(parts, f"{stage}-0")
