"""On Kafka: records that were removed after they were read. No rebuild loses what they held unasked, and what is left
was stored when it was."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import orjson
import pytest
from kafka import KafkaAdminClient, KafkaProducer, TopicPartition

from lrs import exits
from lrs.log import home_partition
from lrs.log.kafka_producer import COUNT
from schemas.record import STATEMENTS, Bundle
from tests.support.district import District, district
from tests.support.kafka import Broker
from tests.support.load import compare
from tests.support.server import KEY
from tests.support.statements import answered

PARTITION, RECORDS, EACH, REMOVED = 1, 6, 3, 4


def of_partition() -> dict[str, Any]:
    """A statement whose id is at home in the partition."""
    while home_partition(id_ := str(uuid.uuid4()), 4) != PARTITION:
        pass
    return answered(id_=id_)


def send_in_one_batch(parts: District) -> list[str]:
    """Records that the broker gives one time: when each was stored follows from the one before. Gives their ids."""
    producer = KafkaProducer(bootstrap_servers=list(parts.kafka.servers), acks="all", linger_ms=2_000)
    ids: list[str] = []
    for _ in range(RECORDS):
        some = [of_partition() for _ in range(EACH)]
        bundle = Bundle("default", KEY, 0, 0, [one["id"] for one in some], [orjson.dumps(one) for one in some])
        headers = [(COUNT, str(EACH).encode())]
        producer.send(parts.kafka.name(STATEMENTS), bundle.encode(), b"", headers=headers, partition=PARTITION)
        ids += bundle.ids
    producer.flush()
    producer.close()
    return ids


def remove(parts: District, before: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=list(parts.kafka.servers))
    admin.delete_records({TopicPartition(parts.kafka.name(STATEMENTS), PARTITION): before})
    admin.close()


def stored(parts: District) -> dict[str, int]:
    return dict(parts.store().tuples("SELECT id, stored FROM statements FINAL", {}))


@pytest.mark.timeout(1200)
def test_what_is_left_was_stored_when_it_was(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        ids = send_in_one_batch(parts)
        parts.wait()
        before = stored(parts)
        assert [before[id_] for id_ in ids] == list(range(before[ids[0]], before[ids[0]] + len(ids)))  # of one batch
        remove(parts, REMOVED)
        code, said = parts.command("rebuild")
        assert code == exits.HALTED, said
        assert f"partition {PARTITION} of {STATEMENTS} begins at {REMOVED}" in said
        assert stored(parts) == before
        code, said = parts.command("rebuild", "--accept-log", "--json")
        assert code == 0, said
        assert sum(orjson.loads(said)["exported"].values()) == REMOVED * EACH
        parts.wait()
        left = ids[REMOVED * EACH :]
        assert stored(parts) == {id_: before[id_] for id_ in left}
        compare(parts, left)
