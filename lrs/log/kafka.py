"""The log on Kafka: topics, partitions and consumer groups map one to one; a group's positions are its offsets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import NoError
from kafka.structs import OffsetAndMetadata

from lrs.clock import system_time
from lrs.log import Damaged, Entry, Record, Truncated, Unavailable, home_partition
from lrs.log.chain import chained, seed
from lrs.log.kafka_address import KafkaAddress
from lrs.log.kafka_client import ANSWER_MS, CONNECT_MS, KafkaCalls
from lrs.log.kafka_producer import BoundedProducer, RecordToSend
from lrs.log.kafka_reader import KafkaReader
from lrs.log.kafka_topics import TOPICS
from lrs.log.stored_log import StoredRecord
from schemas.record import CATALOG

_RECORDS_COPIED = 5_000  # records at a time, of all that are checked or copied
PARTITIONS_SECONDS = 4.0  # how long an added partition may stay unknown


@dataclass(frozen=True, slots=True)
class _KafkaPartitions:
    """What the partitions of one log share."""

    address: KafkaAddress
    clock: Callable[[], int]
    admin: KafkaCalls[KafkaAdminClient]
    producer: BoundedProducer
    reader: KafkaReader
    counts: dict[str, tuple[int, float]]  # by topic: its partitions, and when that was seen


class KafkaLog:
    """A log in a Kafka cluster. Safe to use from many threads; connects when it is first used.

    Args:
        address: some brokers, and the prefix of the topics' and groups' names.
        clock: µs since the epoch.
    """

    def __init__(self, address: KafkaAddress, clock: Callable[[], int] = system_time) -> None:
        admin = KafkaCalls("log-admin", lambda: _log_admin(address))
        self._parts = _KafkaPartitions(address, clock, admin, BoundedProducer(address), KafkaReader(address), {})
        self._partition = 0

    repair_advice = "brokers repair a partition from its replicas"

    def partitions(self, topic: str, fresh: bool = False) -> int:
        counts = self._parts.counts
        count, looked_at = (0, 0.0) if fresh else counts.get(topic, (0, 0.0))
        if count and time.monotonic() - looked_at < PARTITIONS_SECONDS:
            return count
        if not count:
            return self._look(topic)
        # Known, if not fresh: one caller looks, and nobody waits, least of all an event loop.
        counts[topic] = (count, time.monotonic())
        threading.Thread(target=self._look_again, args=(topic,), name="log-partitions", daemon=True).start()
        return count

    def partition_of(self, topic: str, key: str) -> int:
        return home_partition(key, self.partitions(topic))

    def partition(self, number: int) -> KafkaLog:
        other = object.__new__(KafkaLog)
        other._parts, other._partition = self._parts, number
        return other

    def submit(self, topic: str, entry: Entry, partition: int | None = None) -> Future[int]:
        to = self.partition_of(topic, entry.key) if partition is None else partition
        name, parts = self._parts.address.name(topic), self._parts
        return parts.producer.submit(
            RecordToSend(name, to, parts.clock() // 1000, entry.key, entry.value, entry.count, entry.headers)
        )

    def append(self, topic: str, entry: Entry) -> int:
        return self.submit(topic, entry).result()

    def read(self, topic: str, start: int, most: int) -> list[Record]:
        end = self.end(topic)
        if start == end:
            return []
        if start > end:
            raise Truncated(
                f"partition {self._partition} of {topic} ends at {end}, before position {start}: it lost records"
            )
        return self._parts.reader.read(self._topic_partition(topic), start, end, most)

    def end(self, topic: str) -> int:
        return self._offsets([self._topic_partition(topic)], OffsetSpec.LATEST)[0]

    def starts(self, topic: str) -> list[int]:
        return self._offsets(self._partitions(topic), OffsetSpec.EARLIEST)

    def ends(self, topic: str) -> list[int]:
        return self._offsets(self._partitions(topic), OffsetSpec.LATEST)

    def at(self, topic: str, time: int) -> int:
        offset = self._offsets([self._topic_partition(topic)], -(-time // 1000))[0]
        return self.end(topic) if offset < 0 else offset

    def identity(self, topic: str) -> str:
        name = self._parts.address.name(topic)
        [description] = self._parts.admin.do(lambda admin: admin.describe_topics([name]))
        if not (identity := str(description.get("topic_id") or "")):
            raise Unavailable(f"Kafka does not say which topic {name} is")
        return identity

    def checksum_before(self, topic: str, position: int) -> int | None:
        if position == 0:
            return seed(self.identity(topic))
        try:
            records = self.read(topic, position - 1, 1)
        except Truncated:
            return None
        if not records or records[0].position != position - 1:
            return None
        return self.checksum_after(topic, records[0])

    def checksum_after(self, topic: str, record: Record) -> int:
        return chained(0, record.position, record.time, record.key, 1, record.value)

    def commit(self, group: str, topic: str, position: int) -> None:
        partition = self._topic_partition(topic)
        offsets = {partition: OffsetAndMetadata(position, "", -1)}
        group = self._parts.address.name(group)
        answer = self._parts.admin.do(lambda admin: admin.alter_group_offsets(group, offsets))[partition]
        if answer is not NoError:
            raise Unavailable(f"Kafka did not keep the position: {answer.__name__}")

    def committed(self, group: str, topic: str) -> int:
        return self._committed(group, [self._topic_partition(topic)])[0]

    def reached(self, group: str, topic: str) -> list[int]:
        return self._committed(group, self._partitions(topic))

    def refuse_recreated(self, group: str, topic: str) -> None:
        """Refuse a topic that is not the one that `group` has read before; the first time, remember which it is.

        Kafka forgets a group's positions with a deleted topic, and one of the same name would be read from its start.
        Raises Truncated when the topic was deleted and created again, and Unavailable.
        """
        now = self.identity(topic)
        identity_read = self.recall(f"{group}.{topic}")
        if identity_read and identity_read != now:
            raise Truncated(
                f"{topic} was deleted and created again since {group} read it: it lost records "
                f"({identity_read} is now {now})"
            )
        self.remember(f"{group}.{topic}", now)

    def accept(self, group: str, topic: str) -> None:
        """Let `group` read `topic` as it is now, whatever it has read before. Raises Unavailable."""
        self.remember(f"{group}.{topic}", self.identity(topic))

    def remember(self, name: str, text: str) -> None:
        """Keep a short text beside the log, as a position of a group of this name: Kafka forgets it once nothing was
        kept there for `offsets.retention.minutes`, 7 days. Raises Unavailable."""
        memory = self._parts.address.name(name)
        kept = {self._memory: OffsetAndMetadata(0, text, -1)}
        answer = self._parts.admin.do(lambda admin: admin.alter_group_offsets(memory, kept))[self._memory]
        if answer is not NoError:
            raise Unavailable(f"Kafka did not keep what was to be remembered: {answer.__name__}")

    def recall(self, name: str) -> str:
        """The text that was kept under a name; "" if there is none. Raises Unavailable."""
        memory = self._parts.address.name(name)
        offsets = self._parts.admin.do(lambda admin: admin.list_group_offsets({memory: [self._memory]}))[memory]
        return offsets[self._memory].metadata or "" if self._memory in offsets else ""

    def topics(self) -> list[str]:
        return list(TOPICS)

    def epochs(self, topic: str) -> list[tuple[int, str, int]]:
        return []

    def stored(self, topic: str, start: int, end: int) -> Iterator[StoredRecord]:
        while start < end and (records := self.read(topic, start, _RECORDS_COPIED)):
            for record in records:
                checksum = self.checksum_after(topic, record)
                yield StoredRecord(
                    record.position, record.time, record.key, 1, 0, checksum, record.headers, record.value
                )
            start = records[-1].position + 1

    def damage(self, topic: str, start: int = 0) -> Iterator[Damaged]:
        """As the interface says: brokers and client check each batch of records against its own CRC when it is read."""
        position, end = max(start, self.starts(topic)[self._partition]), self.end(topic)
        while position < end:
            try:
                records = self.read(topic, position, _RECORDS_COPIED)
            except Damaged as damaged:
                yield damaged
                position += 1
                continue
            if not records:  # what is left are markers of transactions
                return
            position = records[-1].position + 1

    def keep_damage(self, damaged: Sequence[Damaged]) -> None:
        """Nothing is kept: brokers see to their own."""

    def id_index(self, topic: str) -> None:
        return None

    def close(self) -> None:
        self._parts.producer.close()
        self._parts.reader.close()
        self._parts.admin.close()

    @property
    def _memory(self) -> TopicPartition:
        """The partition whose offsets carry what `remember` keeps; its topic is never deleted."""
        return TopicPartition(self._parts.address.name(CATALOG), 0)

    def _topic_partition(self, topic: str) -> TopicPartition:
        return TopicPartition(self._parts.address.name(topic), self._partition)

    def _partitions(self, topic: str) -> list[TopicPartition]:
        name = self._parts.address.name(topic)
        return [TopicPartition(name, number) for number in range(self.partitions(topic))]

    def _offsets(self, partitions: list[TopicPartition], of: OffsetSpec | int) -> list[int]:
        specs = dict.fromkeys(partitions, of)
        offsets = self._parts.admin.do(lambda admin: admin.list_partition_offsets(specs, timeout_ms=ANSWER_MS))
        return [offsets[partition].offset for partition in partitions]

    def _committed(self, group: str, partitions: list[TopicPartition]) -> list[int]:
        group = self._parts.address.name(group)
        offsets = self._parts.admin.do(lambda admin: admin.list_group_offsets({group: partitions}))[group]
        return [max(0, offsets[partition].offset) if partition in offsets else 0 for partition in partitions]

    def _look(self, topic: str) -> int:
        name = self._parts.address.name(topic)
        [description] = self._parts.admin.do(lambda admin: admin.describe_topics([name]))
        if description["error_code"] or not description["partitions"]:
            raise Unavailable(f"Kafka lacks the topic {name}: see `lrs topics show`")
        count = len(description["partitions"])
        self._parts.counts[topic] = (count, time.monotonic())
        return count

    def _look_again(self, topic: str) -> None:
        with suppress(Unavailable):  # what was known stays true until the brokers say otherwise
            self._look(topic)


def _log_admin(address: KafkaAddress) -> KafkaAdminClient:
    return KafkaAdminClient(
        bootstrap_servers=list(address.servers),
        request_timeout_ms=ANSWER_MS,
        bootstrap_timeout_ms=CONNECT_MS,
        reconnect_backoff_max_ms=1_000,
        metadata_max_age_ms=30_000,
    )
