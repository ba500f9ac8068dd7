"""On Kafka: a topic is deleted and created again. Admit halts by name, writes go on, the tables stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from kafka import KafkaAdminClient

from lrs import exits
from lrs.log.kafka_topics import make_topics
from schemas.record import STATEMENTS
from tests.e2e.distributed.test_lost_tables import closed, send
from tests.support.district import District, district
from tests.support.eventually import eventually
from tests.support.kafka import Broker
from tests.support.load import compare
from tests.support.sent import VOIDED, listed
from tests.support.statements import answered


def recreate(parts: District, topic: str) -> None:
    """Delete a topic with all its records, and create it again."""
    admin = KafkaAdminClient(bootstrap_servers=list(parts.kafka.servers))
    admin.delete_topics([parts.kafka.name(topic)])
    admin.close()
    eventually(lambda: bool(make_topics(parts.kafka, parts.partitions, 1)))  # once it is gone


def accepted(parts: District, statement: dict[str, Any]) -> bool:
    with parts.client() as client:
        return client.post("/xAPI/statements", json=statement).status_code == 200


@pytest.mark.timeout(1200)
def test_another_topic(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        lost = send(parts, 0)
        parts.wait()
        recreate(parts, STATEMENTS)
        first = answered("ada")
        eventually(lambda: accepted(parts, first))  # once the API knows the new topic
        said = closed(parts)
        assert "halted: admit: statements is another log than the one that admit has read" in said
        assert "lrs rebuild --accept-log" in said
        later = send(parts, 1)
        assert listed(parts) == 503

        def ended() -> bool:
            parts.heal()
            return ("admit-0", exits.HALTED) in parts.restarts

        eventually(ended)
        code, out = parts.command("doctor")
        assert (code, "halted" in out) == (exits.WRONG, True)
        code, out = parts.command("rebuild")
        assert code == exits.HALTED, out

        code, out = parts.command("rebuild", "--accept-log", "--json")
        assert code == 0, out
        [(file, many)] = orjson.loads(out)["exported"].items()
        exported = [orjson.loads(line) for line in Path(file).read_text().splitlines()]
        assert {one["id"] for one in exported} == set(lost)
        assert many == len(lost)
        parts.wait()
        assert listed(parts) == {first["id"], *later[:-VOIDED]}
        compare(parts, [first["id"], *later])
        # One table alone, on demand.
        code, out = parts.command("rebuild", "--only", "engagement")
        assert (code, "rebuilt from the log: engagement" in out) == (0, True), out
        parts.wait()
        compare(parts, [first["id"], *later])
