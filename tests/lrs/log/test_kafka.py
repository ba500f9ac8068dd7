"""What only the log on Kafka does: partitions, brokers that leave, records that are gone."""

from __future__ import annotations

import zlib

import pytest
from kafka import KafkaAdminClient, TopicPartition

from lrs.log import Busy, Damaged, Entry, Truncated, Unavailable
from lrs.log import kafka as module
from lrs.log.kafka import KafkaLog
from lrs.log.kafka_address import KafkaAddress
from lrs.log.kafka_producer import MOST_RECORD_BYTES, WAITING_BYTES
from lrs.verification.checksums import verify_checksums
from tests.support.eventually import eventually
from tests.support.kafka import Broker, make_topics

TOPIC = "statements"


def test_a_key_goes_to_the_partition_of_its_crc32(kafka: Broker) -> None:
    address = kafka.address()
    make_topics(address, {TOPIC: 4})
    log = KafkaLog(address)
    keys = [f"key {n}" for n in range(40)]
    for key in keys:
        log.append(TOPIC, Entry(key, key.encode()))
    for number in range(4):
        record_keys = {record.key for record in log.partition(number).read(TOPIC, 0, 100)}
        assert record_keys == {key for key in keys if zlib.crc32(key.encode()) % 4 == number}
    assert sum(log.ends(TOPIC)) == 40
    log.close()


def test_partitions_have_positions_of_their_own(kafka: Broker) -> None:
    address = kafka.address()
    make_topics(address, {TOPIC: 3})
    log = KafkaLog(address)
    for partition in (2, 2, 1):
        log.submit(TOPIC, Entry("key", b"x"), partition).result()

    def committed() -> bool:
        try:
            log.partition(2).commit("admit", TOPIC, 2)
        except Unavailable:  # a busy broker may not have chosen the group's coordinator yet
            return False
        return True

    eventually(committed)
    assert log.ends(TOPIC) == [0, 1, 2]
    assert log.reached("admit", TOPIC) == [0, 0, 2]
    assert log.partition(2).committed("admit", TOPIC) == 2
    log.close()


def test_an_added_partition_is_noticed_and_written(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PARTITIONS_SECONDS", 0.2)
    address = kafka.address()
    make_topics(address, {TOPIC: 2})
    log = KafkaLog(address)
    log.append(TOPIC, Entry("key", b"before"))
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.create_partitions({address.name(TOPIC): 4})
    admin.close()
    eventually(lambda: log.partitions(TOPIC) == 4)

    def written() -> bool:
        try:
            return log.submit(TOPIC, Entry("key", b"after"), 3).result() >= 0
        except Unavailable:  # the producer's own picture of the cluster is a few seconds older
            return False

    eventually(written)
    assert log.partition(3).read(TOPIC, 0, 1)[0].value == b"after"
    log.close()


def test_a_gap_is_named_and_never_skipped(kafka: Broker) -> None:
    address = kafka.address()
    make_topics(address, {TOPIC: 1})
    log = KafkaLog(address)
    for n in range(5):
        log.append(TOPIC, Entry("key", str(n).encode()))
    admin = KafkaAdminClient(bootstrap_servers=kafka.bootstrap)
    admin.delete_records({TopicPartition(address.name(TOPIC), 0): 3})
    admin.close()
    with pytest.raises(Truncated, match="position 1"):
        log.read(TOPIC, 1, 10)
    assert [record.value for record in log.read(TOPIC, 3, 10)] == [b"3", b"4"]
    log.close()


def test_a_damaged_record_is_named_and_never_served(kafka: Broker) -> None:
    address = kafka.address()
    make_topics(address, {TOPIC: 1})
    log = KafkaLog(address)
    for n in range(3):
        log.append(TOPIC, Entry("key", b"value %d" % n * 50))
    [segment] = (kafka.folder / "log").glob(f"{address.name(TOPIC)}-0/*0.log")
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1  # of the record in the middle, which is a batch of its own
    with segment.open("r+b") as file:
        file.write(content)
    again = KafkaLog(address)
    assert [record.position for record in again.read(TOPIC, 0, 10)] == [0]
    with pytest.raises(Damaged, match=r"position 1 of .* is damaged"):
        again.read(TOPIC, 1, 10)
    assert [record.position for record in again.read(TOPIC, 2, 10)] == [2]
    [finding] = verify_checksums(again, [TOPIC], lambda check, more: None)
    assert (finding.checked, finding.wrong) == (3, 1)
    log.close()
    again.close()


def test_a_topic_that_is_not_there_is_named(kafka: Broker) -> None:
    log = KafkaLog(kafka.address())
    with pytest.raises(Unavailable, match=r"lacks the topic .*statements"):
        log.append(TOPIC, Entry("key", b"x"))
    log.close()


def test_a_record_that_is_too_large_is_refused_alone(kafka: Broker) -> None:
    address = kafka.address()
    make_topics(address, {TOPIC: 1})
    log = KafkaLog(address)
    with pytest.raises(ValueError, match="cannot be appended"):
        log.append(TOPIC, Entry("key", bytes(MOST_RECORD_BYTES + 1)))
    assert log.append(TOPIC, Entry("key", b"small")) == 0
    log.close()


def test_brokers_that_leave_are_an_error_in_the_end_and_no_memory_without_bound(own_kafka: Broker) -> None:
    address = own_kafka.address()
    make_topics(address, {TOPIC: 1})
    log = KafkaLog(address)
    acknowledged = [log.append(TOPIC, Entry("key", b"before"))]
    own_kafka.kill()
    with pytest.raises(Unavailable):
        log.append(TOPIC, Entry("key", b"down"))
    for look in (lambda: log.end(TOPIC), lambda: log.read(TOPIC, 0, 1), lambda: log.committed("admit", TOPIC)):
        with pytest.raises(Unavailable):
            look()

    def flood() -> None:
        for _ in range(2 * WAITING_BYTES >> 20):
            log.submit(TOPIC, Entry("key", bytes(1 << 20)))

    with pytest.raises(Busy):
        flood()
    own_kafka.start()

    def written() -> bool:
        try:
            acknowledged.append(log.append(TOPIC, Entry("key", b"after")))
        except (Busy, Unavailable):
            return False
        return True

    eventually(written)
    values = {record.position: record.value for record in log.read(TOPIC, 0, 1000)}
    assert [values[position] for position in acknowledged] == [b"before", b"after"]
    log.close()


def test_a_log_whose_brokers_never_were_says_so() -> None:
    log = KafkaLog(KafkaAddress(("127.0.0.1:1",)))
    with pytest.raises(Unavailable):
        log.append(TOPIC, Entry("key", b"x"))
    log.close()
