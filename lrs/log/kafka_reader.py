"""Reading partitions of Kafka from any position."""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from typing import NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import ConsumerRecord
from kafka.errors import CorruptRecordError, LogTruncationError, OffsetOutOfRangeError

from lrs.log import Damaged, Record, Truncated, Unavailable
from lrs.log.kafka_address import KafkaAddress
from lrs.log.kafka_client import ANSWER_MS, CONNECT_MS, KafkaCalls
from lrs.log.kafka_producer import COUNT, MOST_RECORD_BYTES

_POLL_MS = 500
_READ_SECONDS = 4.0  # less than a call may take


class _Fetched(NamedTuple):
    record: Record
    events: int


class KafkaReader:
    """Reads one partition at a time; what was fetched and not yet asked for is kept for the read that goes on there."""

    def __init__(self, address: KafkaAddress) -> None:
        self._calls = KafkaCalls("log-reader", lambda: _consumer(address))
        self._ahead: deque[_Fetched] = deque()
        self._next = -1  # the position that goes on with what was fetched
        self._broken = False  # the client has met a damaged batch, and would look for ever for what follows

    def read(self, partition: TopicPartition, start: int, end: int, most: int) -> list[Record]:
        """Records from `start`, and before `end`, until they hold `most` events; at least one if there is any.

        Raises Unavailable, Truncated where the partition no longer holds `start`, and Damaged where the batch of
        records that holds `start` is not as it was appended.
        """
        try:
            records = self._calls.do(lambda consumer: self._read(consumer, partition, start, end, most))
            if self._broken:
                self._broken = False
                with suppress(CorruptRecordError):
                    self._calls.do(_throw_away)
            return records
        except (LogTruncationError, OffsetOutOfRangeError) as error:
            raise Truncated(
                f"partition {partition.partition} of {partition.topic} no longer holds position {start}"
            ) from error
        except CorruptRecordError as error:
            raise Damaged(
                partition.topic, start, f"in partition {partition.partition}, the checksum is not that of its bytes"
            ) from error

    def close(self) -> None:
        """Let go of the connection."""
        self._calls.close()

    def _read(
        self, consumer: KafkaConsumer, partition: TopicPartition, start: int, end: int, most: int
    ) -> list[Record]:
        self._point(consumer, partition, start)
        self._next = -1  # unless this ends well
        records = self._taken(consumer, partition, end, most)
        self._next = records[-1].position + 1 if records else start
        return records

    def _taken(self, consumer: KafkaConsumer, partition: TopicPartition, end: int, most: int) -> list[Record]:
        records: list[Record] = []
        deadline = time.monotonic() + _READ_SECONDS
        while True:
            while self._ahead:
                if records and self._ahead[0].events > most:
                    return records
                record, events = self._ahead.popleft()
                records.append(record)
                most -= events
                if most <= 0:
                    return records
            if consumer.position(partition) >= end:
                return records
            try:
                polled = consumer.poll(_POLL_MS)
            except CorruptRecordError:
                if records:  # the next read begins with the batch that is damaged
                    self._broken = True
                    return records
                raise
            for fetched in polled.values():
                self._ahead.extend(_Fetched(_record_fetched(message), _count_of(message)) for message in fetched)
            if not self._ahead and time.monotonic() > deadline:
                if records:
                    return records
                raise Unavailable("Kafka does not give the records in time")

    def _point(self, consumer: KafkaConsumer, partition: TopicPartition, start: int) -> None:
        """Make `start` the next record of the partition."""
        if consumer.assignment() != {partition}:
            consumer.assign([partition])
        elif self._next == start:
            return
        self._ahead.clear()
        consumer.seek(partition, start)


def _throw_away(consumer: KafkaConsumer) -> None:
    """A client that raised this is not used again."""
    raise CorruptRecordError


def _consumer(address: KafkaAddress) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=list(address.servers),
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",  # a gap is an error, never skipped
        isolation_level="read_committed",  # a direct producer may use transactions
        allow_auto_create_topics=False,
        fetch_max_bytes=2 * MOST_RECORD_BYTES,
        max_partition_fetch_bytes=MOST_RECORD_BYTES,
        fetch_max_wait_ms=100,
        request_timeout_ms=ANSWER_MS,
        bootstrap_timeout_ms=CONNECT_MS,
        reconnect_backoff_max_ms=1_000,
        metadata_max_age_ms=30_000,
    )


def _record_fetched(fetched: ConsumerRecord) -> Record:
    key = (fetched.key or b"").decode("utf-8", "replace")
    return Record(
        fetched.offset, fetched.timestamp * 1000, key, fetched.value or b"", fetched.partition, tuple(fetched.headers)
    )


def _count_of(fetched: ConsumerRecord) -> int:
    """How many events a record holds; a direct producer's counts as one."""
    for name, value in fetched.headers:
        if name == COUNT and value is not None and value.isdigit():
            return int(value)
    return 1
