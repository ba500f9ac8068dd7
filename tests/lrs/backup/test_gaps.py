"""What a backup keeps, and says, of a topic that lost its beginning for good."""

from __future__ import annotations

from pathlib import Path

from kafka import KafkaAdminClient, TopicPartition

from lrs.backup.manifest import Gap, Manifest, TopicManifest
from lrs.backup.restore_topics import restore_topics
from lrs.backup.target import BackupFolder
from lrs.backup.topics import copy_topics
from lrs.catalog.catalogs import Catalogs
from lrs.log import Entry, Unavailable
from lrs.log.kafka import KafkaLog
from lrs.log.kafka_address import KafkaAddress
from schemas.catalog import Skill
from schemas.record import CALIPER, CATALOG, DEAD_LETTERS, DIRECT, OBSERVATIONS, STATEMENTS
from tests.support.kafka import Broker, make_topics

TOPICS = {STATEMENTS: 1, OBSERVATIONS: 1, CATALOG: 1, CALIPER: 1, DEAD_LETTERS: 1, DIRECT: 1}


def remove(address: KafkaAddress, before: int) -> None:
    admin = KafkaAdminClient(bootstrap_servers=list(address.servers))
    admin.delete_records({TopicPartition(address.name(topic), 0): before for topic in TOPICS})
    admin.close()


def held(log: KafkaLog, topic: str) -> list[tuple[int, bytes]]:
    [start] = log.starts(topic)
    return [(record.position, record.value) for record in log.read(topic, start, 1_000) if record.key == "k"]


def test_what_is_gone_is_said_and_what_follows_keeps_its_place(kafka: Broker, tmp_path: Path) -> None:
    address, other = kafka.address(), kafka.address()
    make_topics(address, TOPICS)
    make_topics(other, TOPICS)
    target = BackupFolder(tmp_path / "backup")
    manifests: dict[str, TopicManifest] = {}

    def copied(log: KafkaLog) -> list[TopicManifest] | None:
        try:
            return copy_topics(log, list(TOPICS), target, manifests.get, tmp_path)
        except Unavailable:  # the coordinator of a new group may take a while to be found
            return None

    def back_up(log: KafkaLog) -> list[str]:
        while (topics := copied(log)) is None:
            pass
        manifests.update((topic.name, topic) for topic in topics)
        return Manifest(1, 1, 0, list(manifests.values()), [], 0).gone

    def append(log: KafkaLog, numbers: range) -> None:
        for topic in TOPICS:
            for number in numbers:
                log.append(topic, Entry("k", f"{number}".encode()))

    log, restored = KafkaLog(address), KafkaLog(other)
    append(log, range(4))
    remove(address, 2)
    assert back_up(log) == [f"positions 0 to 1 of partition 0 of {topic}" for topic in manifests]
    assert manifests[STATEMENTS].records == 2
    append(log, range(4, 8))
    remove(address, 6)
    assert len(back_up(log)) == 2 * len(TOPICS)
    assert manifests[STATEMENTS].partitions[0].gaps == [Gap(0, 2), Gap(4, 6)]
    assert manifests[STATEMENTS].records == 4
    remove(address, 8)
    assert len(back_up(log)) == 2 * len(TOPICS)  # what the last run has is not missed
    append(log, range(8, 10))
    remove(address, 10)
    assert manifests[STATEMENTS].partitions[0].gaps == [Gap(0, 2), Gap(4, 6)]
    back_up(log)
    assert manifests[STATEMENTS].partitions[0].gaps == [Gap(0, 2), Gap(4, 6), Gap(8, 10)]

    restore_topics(other, target, list(manifests.values()), lambda part, more: None)
    written = [(number, f"{number}".encode()) for number in (2, 3, 6, 7)]
    for topic in (STATEMENTS, OBSERVATIONS, CALIPER, CATALOG):
        assert (held(restored, topic), restored.end(topic)) == (written, 10), topic
    assert [restored.starts(topic) for topic in (STATEMENTS, CATALOG, DEAD_LETTERS)] == [[2], [0], [10]]
    assert [value for _, value in held(restored, DIRECT)] == [value for _, value in written]
    log.close()
    restored.close()


def test_a_catalog_that_lost_its_beginning_is_read_from_what_is_left(kafka: Broker, tmp_path: Path) -> None:
    address, other = kafka.address(), kafka.address()
    make_topics(address, TOPICS)
    make_topics(other, TOPICS)
    target = BackupFolder(tmp_path / "backup")
    log, restored = KafkaLog(address), KafkaLog(other)
    for number in range(3):
        Catalogs(log).append("school", "key", Skill(id=f"s{number}"), 1)
    admin = KafkaAdminClient(bootstrap_servers=list(address.servers))
    admin.delete_records({TopicPartition(address.name(CATALOG), 0): 2})
    admin.close()
    topics = copy_topics(log, [CATALOG], target, lambda name: None, tmp_path)
    restore_topics(other, target, topics, lambda part, more: None)
    catalogs = Catalogs(restored)
    assert catalogs.latest("school").skills.keys() == {"s2"}
    assert (catalogs.position, catalogs.tenants()) == (3, ["school"])
    log.close()
    restored.close()
