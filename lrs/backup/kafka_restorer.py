"""Writing records back into empty topics of Kafka, each with its own time and at its own position."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from lrs.errors import Conflict, LostData
from lrs.log import Record, Unavailable
from lrs.log.kafka import KafkaLog
from lrs.log.kafka_address import KafkaAddress
from lrs.log.kafka_client import CONNECT_MS
from lrs.log.kafka_producer import MOST_RECORD_BYTES
from lrs.log.kafka_topics import TIMES, show_topics
from schemas.record import DIRECT

_ANSWER_SECONDS = 120.0  # for the records of one segment
_REQUEST_MS = 30_000
_FILLED = 10_000  # records that fill a gap, written at a time


class KafkaRestorer:
    """Fills the topics of a cluster. Nobody else may write to them meanwhile."""

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._producer: KafkaProducer | None = None
        self._ends: dict[tuple[str, int], int] = {}  # by topic and partition, the next position
        self._times: dict[tuple[str, int], int] = {}  # by topic and partition, that of the last record

    def check_empty(self, partitions: Mapping[str, int]) -> None:
        """See that the topics are there, with so many partitions at least, and hold nothing.

        Raises Conflict and Unavailable.
        """
        there = {topic.name: topic.partitions for topic in show_topics(self._address)}
        most = max(partitions.values(), default=1)
        if lacking := [name for name, partition_count in partitions.items() if there.get(name, 0) < partition_count]:
            raise Conflict(f"{', '.join(lacking)}: run `lrs topics apply --partitions {most}` first")
        with closing(KafkaLog(self._address)) as log:
            if filled := [name for name in partitions if any(log.ends(name))]:
                raise Conflict(f"{', '.join(filled)} hold records already: give --kafka another prefix")

    @contextmanager
    def keeping_times(self, topics: Iterable[str]) -> Iterator[None]:
        """Let the topics keep the times that records are given, and at the end their brokers' again."""
        names = [self._address.name(topic) for topic in topics]
        self._set(names, "CreateTime")
        try:
            yield
        finally:
            if self._producer is not None:
                self._producer.close(timeout=_ANSWER_SECONDS)
            self._set(names, TIMES)

    def skip(self, topic: str, partition: int, to: int, value: bytes, remove: bool) -> None:
        """Let the next record be at a position: fill those before it with a value, and `remove` all that is before it.

        Raises LostData and Unavailable.
        """
        start = self._ends.get((topic, partition), 0)
        time = self._times.get((topic, partition), 0)
        for first in range(start, to, _FILLED):
            positions = range(first, min(first + _FILLED, to))
            self.write(topic, partition, [Record(position, time, "", value, partition) for position in positions])
        if not remove:
            return
        try:
            with closing(self._admin()) as admin:
                admin.delete_records({TopicPartition(self._address.name(topic), partition): to})
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka did not remove records: {type(error).__name__}") from error

    def write(self, topic: str, partition: int, records: Sequence[Record]) -> None:
        """Append records, which follow those of the last call. Raises LostData and Unavailable.

        A position may be missing only in the topic that tools write to themselves, where transactions take some.
        Nothing depends on a position there once it is taken in, so what follows moves up.
        """
        end = self._ends.get((topic, partition), 0)
        records_under_way: list[tuple[int, Any]] = []
        try:
            producer = self._opened()
            for record in records:
                if record.position != end and topic != DIRECT:
                    raise LostData(f"the backup lacks position {end} of partition {partition} of {topic}")
                future = producer.send(
                    self._address.name(topic),
                    record.value,
                    record.key.encode(),
                    list(record.headers) or None,
                    partition=partition,
                    timestamp_ms=record.time // 1000,
                )
                records_under_way.append((end, future))
                end += 1
            for should_be, future in records_under_way:
                offset = future.get(_ANSWER_SECONDS).offset
                if offset != should_be:
                    raise Conflict(f"somebody else writes to partition {partition} of {topic}: position {offset}")
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka did not take the records: {type(error).__name__}") from error
        self._ends[topic, partition] = end
        if records:
            self._times[topic, partition] = records[-1].time

    def _opened(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = KafkaProducer(
                bootstrap_servers=list(self._address.servers),
                acks="all",
                enable_idempotence=True,
                compression_type="lz4",
                linger_ms=20,
                batch_size=1 << 20,
                max_request_size=MOST_RECORD_BYTES,
                request_timeout_ms=_REQUEST_MS,
                delivery_timeout_ms=round(_ANSWER_SECONDS * 1000),
                allow_auto_create_topics=False,
            )
        return self._producer

    def _admin(self) -> KafkaAdminClient:
        return KafkaAdminClient(
            bootstrap_servers=list(self._address.servers),
            bootstrap_timeout_ms=CONNECT_MS,
            request_timeout_ms=_REQUEST_MS,
        )

    def _set(self, names: Sequence[str], times: str) -> None:
        changed_topics = [
            ConfigResource(ConfigResourceType.TOPIC, name, {"message.timestamp.type": times}) for name in names
        ]
        try:
            with closing(self._admin()) as admin:
                admin.alter_configs(changed_topics)
        except (KafkaError, OSError) as error:
            raise Unavailable(f"Kafka did not change how topics keep times: {type(error).__name__}") from error
