"""Calls on a client of kafka-python that end in bounded time, whatever the brokers do."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    CorruptRecordError,
    KafkaError,
    LeaderNotAvailableError,
    LogTruncationError,
    NotCoordinatorError,
    NotLeaderForPartitionError,
    OffsetOutOfRangeError,
    UnknownTopicOrPartitionError,
)

from lrs.log import Unavailable

CONNECT_MS = 2_000
ANSWER_MS = 2_500
_SETTLE_SECONDS = 0.1
_SETTLING = (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    LeaderNotAvailableError,
    NotCoordinatorError,
    NotLeaderForPartitionError,
)
CALL_SECONDS = 5.0  # the longest that a caller waits


class _Closes(Protocol):
    def close(self) -> None: ...


_Client = TypeVar("_Client", bound=_Closes)
_Answer = TypeVar("_Answer")


class KafkaCalls(Generic[_Client]):
    """One client and the thread that uses it, call after call, since clients are not for many threads.

    A client that failed is thrown away, and the next call makes another: so it recovers by itself.
    """

    def __init__(self, name: str, make: Callable[[], _Client]) -> None:
        self._make = make
        self._client: _Client | None = None
        self._thread = ThreadPoolExecutor(1, name)

    def do(self, ask: Callable[[_Client], _Answer]) -> _Answer:
        """The answer. Raises Unavailable within CALL_SECONDS, and what the log itself says (CorruptRecordError,
        LogTruncationError, OffsetOutOfRangeError) as it comes."""
        try:
            future = self._thread.submit(self._ask, ask)
        except RuntimeError as error:  # the executor was shut down
            raise Unavailable("the log is closed") from error
        try:
            return future.result(CALL_SECONDS)
        except TooLate as error:
            future.cancel()  # where it has not begun, it need not: nobody waits for it
            raise Unavailable("Kafka does not answer in time") from error

    def close(self) -> None:
        """End after the call under way."""
        with suppress(RuntimeError):  # closed before
            self._thread.submit(self._drop)
        self._thread.shutdown(wait=True)

    def _ask(self, ask: Callable[[_Client], _Answer]) -> _Answer:
        try:
            return self._patiently(ask)
        except (CorruptRecordError, LogTruncationError, OffsetOutOfRangeError):
            self._drop()
            raise
        except UnknownTopicOrPartitionError as error:
            raise Unavailable("Kafka lacks a topic of ours: see `lrs topics show`") from error
        except Unavailable:
            self._drop()
            raise
        except (KafkaError, OSError, KeyError, RuntimeError) as error:  # the client says all four of a broker that left
            self._drop()
            raise Unavailable(f"Kafka does not answer: {type(error).__name__}") from error

    def _patiently(self, ask: Callable[[_Client], _Answer]) -> _Answer:
        """Ask again while a group's coordinator or a partition's leader is being found; raises what stays wrong."""
        deadline = time.monotonic() + ANSWER_MS / 1000
        while True:
            if self._client is None:
                self._client = self._make()
            try:
                return ask(self._client)
            except _SETTLING:
                if time.monotonic() > deadline:
                    raise
                self._drop()  # it may remember the one that was
                time.sleep(_SETTLE_SECONDS)

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()
