"""Records that the log no longer holds are reported, never skipped: the worker ends with code 6 and says which."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, TopicPartition

from lrs.exits import HALTED
from lrs.log.kafka_topics import make_topics
from tests.support.district import District, district
from tests.support.eventually import eventually
from tests.support.kafka import Broker
from tests.support.load import compare
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
def test_records_that_were_deleted_before_they_were_read(tmp_path: Path, kafka: Broker) -> None:
    stage, topic = "admit", "statements"
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
def test_observations_that_are_gone_are_taken_from_the_history(tmp_path: Path, kafka: Broker) -> None:
    """They follow from the statements: the tables of the folds are rebuilt, and nobody has to decide anything."""
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        _post(parts, 3)
        parts.wait()
        parts.end("project-0")
        _post(parts, 2)  # observed, and not folded yet
        with parts.log() as log:
            eventually(lambda: log.reached("admit", "statements") == log.ends("statements"))
        admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        admin.delete_topics([parts.kafka.name("observations")])
        admin.close()
        eventually(lambda: bool(make_topics(parts.kafka, 4, 1)))  # once it is gone
        parts.run("project-0")
        parts.wait()
        _post(parts, 2)
        parts.wait()
        assert compare(parts, []).logged == 7 * 40
