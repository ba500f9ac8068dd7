"""Appending to Kafka: one producer a process, bounded in memory and in time."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, RecordListTooLargeError
from kafka.producer.future import RecordMetadata

from lrs.log import Busy, Unavailable
from lrs.log.kafka_address import KafkaAddress

COUNT = "count"  # the header that says how many events a record's bundle holds
WAITING_BYTES = 64 << 20  # what may wait for the brokers before the log says Busy
# The brokers' message.max.bytes (infra/kafka/*.properties) must allow as much; the ceiling of both is their
# socket.request.max.bytes (100 MiB by default).
MOST_RECORD_BYTES = 16 << 20
CONNECT_MS = 2_000
# An append is over, one way or the other, within these: at most CONNECT_MS for those before it, as much for itself, and
_DELIVERY_MS = 6_000
# The client has been seen to keep records for ever after its brokers were away. What is not over by then is given up.
OVER_SECONDS = 8.5
_WATCH_SECONDS = 0.25
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class RecordToSend(NamedTuple):
    """A record on its way. topic is its name in the cluster; time is in ms."""

    topic: str
    partition: int
    time: int
    key: str
    value: bytes
    events: int
    headers: tuple[tuple[str, bytes], ...] = ()


class BoundedProducer:
    """Sends from a thread of its own, so that submitting never waits. Safe to use from many threads.

    Acknowledged by all in-sync replicas, idempotent (a retry inside the client makes no second record), lz4.
    """

    def __init__(self, address: KafkaAddress) -> None:
        self._address = address
        self._waiting: queue.SimpleQueue[tuple[RecordToSend, Future[int]] | None] = queue.SimpleQueue()
        self._bytes = 0
        self._lock = threading.Lock()
        self._closed = False
        self._client: KafkaProducer | None = None
        self._stuck = False  # the client has to be replaced
        self._under_way: deque[tuple[float, Future[int]]] = deque()  # with the time by which it must be over
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="log-producer-watch", daemon=True).start()
        self._thread = threading.Thread(target=self._run, name="log-producer", daemon=True)
        self._thread.start()

    def submit(self, sending: RecordToSend) -> Future[int]:
        """Send; the future gives the offset once acknowledged, or raises Unavailable or ValueError (too large).

        Raises Busy, and Unavailable when closed.
        """
        future: Future[int] = Future()
        sending_bytes = len(sending.value)
        with self._lock:
            if self._closed:
                raise Unavailable("the log is closed")
            if self._bytes and self._bytes + sending_bytes > WAITING_BYTES:
                raise Busy("too much waits for the brokers: the log's buffer is full")
            self._bytes += sending_bytes
            self._under_way.append((time.monotonic() + OVER_SECONDS, future))
            self._waiting.put((sending, future))
        future.add_done_callback(lambda _: self._release(sending_bytes))
        return future

    def close(self) -> None:
        """Send what waits, then end."""
        with self._lock:
            self._closed = True
        self._waiting.put(None)
        self._thread.join()
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(_WATCH_SECONDS):
            now = time.monotonic()
            overdue: list[Future[int]] = []
            with self._lock:
                while self._under_way and (self._under_way[0][1].done() or self._under_way[0][0] < now):
                    _, future = self._under_way.popleft()
                    if not future.done():
                        overdue.append(future)
            for future in overdue:
                self._stuck = True
                _fail(future, Unavailable("Kafka did not take the record in time"))

    def _release(self, released_bytes: int) -> None:
        with self._lock:
            self._bytes -= released_bytes

    def _run(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            try:
                self._send(*waiting)
            except (
                ValueError
            ) as error:  # a partition that was just added: known in a few seconds, and no reason to replace the client
                _fail(waiting[1], _unavailable(error))
            except (KafkaError, OSError) as error:
                self._give_up(waiting[1], error)
        if self._client is not None:
            self._client.close(timeout=(_DELIVERY_MS + CONNECT_MS) / 1000)

    def _send(self, sending: RecordToSend, future: Future[int]) -> None:
        """Hand one record to the client. Raises KafkaError and OSError when it cannot be taken."""
        if self._stuck:
            self._stuck = False
            self._drop()
        if self._client is None:
            self._client = _client(self._address)
        headers = list(sending.headers)
        if sending.events != 1:
            headers.append((COUNT, str(sending.events).encode()))
        try:
            sent = self._client.send(
                sending.topic,
                sending.value,
                sending.key.encode(),
                headers or None,
                partition=sending.partition,
                timestamp_ms=sending.time,
            )
        except _TOO_LARGE:
            _fail(future, ValueError(f"a record of more than {MOST_RECORD_BYTES} bytes cannot be appended"))
            return
        sent.add_callback(_done, future)
        sent.add_errback(self._failed, future)

    def _failed(self, future: Future[int], error: Exception) -> None:
        if isinstance(error, _TOO_LARGE):
            _fail(future, ValueError("the brokers' message.max.bytes does not allow a record of this size"))
        else:
            _fail(future, _unavailable(error))

    def _give_up(self, oldest: Future[int], error: Exception) -> None:
        """Fail what waits too: it would wait as long, one after the other, for the same answer."""
        _fail(oldest, _unavailable(error))
        if not isinstance(error, KafkaTimeoutError):  # anything else: replace the client
            self._drop()
        while True:
            try:
                waiting = self._waiting.get_nowait()
            except queue.Empty:
                return
            if waiting is None:  # close() waits
                self._waiting.put(None)
                return
            _fail(waiting[1], _unavailable(error))

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close(timeout=0)


def _client(address: KafkaAddress) -> KafkaProducer:
    return KafkaProducer(
        bootstrap_servers=list(address.servers),
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        linger_ms=3,
        batch_size=1 << 20,
        max_request_size=MOST_RECORD_BYTES,
        max_block_ms=CONNECT_MS,
        bootstrap_timeout_ms=CONNECT_MS,
        request_timeout_ms=4_000,
        delivery_timeout_ms=_DELIVERY_MS,
        reconnect_backoff_max_ms=1_000,
        metadata_max_age_ms=3_000,
        allow_auto_create_topics=False,
    )


def _done(future: Future[int], metadata: RecordMetadata) -> None:
    with suppress(InvalidStateError):  # it was given up, or whoever waited has gone
        future.set_result(metadata.offset)


def _fail(future: Future[int], error: Exception) -> None:
    with suppress(InvalidStateError):
        future.set_exception(error)


def _unavailable(error: Exception) -> Unavailable:
    return Unavailable(f"Kafka did not take the record: {type(error).__name__}")
