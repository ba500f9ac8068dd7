"""`lrs topics` on a real broker."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import orjson
from click.testing import CliRunner, Result
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from lrs.cli.topics import topics
from lrs.log import Entry
from lrs.log.kafka import KafkaLog
from lrs.log.kafka_topics import TOPICS
from tests.support.eventually import eventually
from tests.support.kafka import Broker
from tests.support.server import free_port


def run(*arguments: str) -> Result:
    return CliRunner().invoke(topics, list(arguments))


def shown(address: str, code: int) -> dict[str, Any]:
    done = run("show", "--kafka", address, "--json")
    assert done.exit_code == code, done.output
    return {topic["name"]: topic for topic in orjson.loads(done.stdout)["topics"]}


def test_missing_then_made_then_raised(kafka: Broker) -> None:
    where = kafka.address()
    address = str(where)
    assert {name: topic["drift"][0]["found"] for name, topic in shown(address, 1).items()} == dict.fromkeys(
        TOPICS, "missing"
    )
    assert run("apply", "--kafka", address).exit_code == 0
    topics_made = shown(address, 0)
    keyed = ("statements", "observations", "direct")
    assert {name: topic["partitions"] for name, topic in topics_made.items()} == {
        name: 4 if name in keyed else 1 for name in TOPICS
    }
    log = KafkaLog(where)
    assert log.append("statements", Entry("key", b"value")) == 0
    log.close()
    assert run("apply", "--kafka", address).output == "nothing to do\n"
    assert "8 partitions" in run("apply", "--kafka", address, "--partitions", "8").output
    assert shown(address, 0)["statements"]["partitions"] == 8
    assert run("apply", "--kafka", address, "--partitions", "2").output == "nothing to do\n"


def test_drift_is_told_and_left(kafka: Broker) -> None:
    where = kafka.address()
    address = str(where)
    assert run("apply", "--kafka", address).exit_code == 0
    changed = ConfigResource(ConfigResourceType.TOPIC, where.name("catalog"), {"retention.ms": "1000"})
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin:
        admin.alter_configs([changed])
    eventually(lambda: run("show", "--kafka", address).exit_code == 1)  # a broker learns of it a moment later
    for _ in range(2):
        [drift] = shown(address, 1)["catalog"]["drift"]
        assert drift == {"setting": "retention.ms", "wanted": "-1", "found": "1000"}
        assert run("apply", "--kafka", address).output == "nothing to do\n"
    assert "retention.ms is 1000, should be -1" in run("show", "--kafka", address).output


def test_what_cannot_be() -> None:
    assert run("show", "--kafka", "nonsense").exit_code == 2
    away = run("show", "--kafka", f"127.0.0.1:{free_port()}")
    assert away.exit_code == 4
    assert "Kafka does not answer" in away.output
