"""Move batches of a topic through a handler and commit positions; knows nothing of learning."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from lrs.log import Busy, Full, Log, Record, Unavailable
from lrs.store.client import StoreUnavailable
from processors.letters import Letters

BATCH = 2_000  # events at the most: large enough for ClickHouse, small enough to be queryable soon
IDLE_SECONDS = 0.02
# A batch costs much the same whatever its size: after one that took all there was, rest for twice as long as it
# took, so that more comes together and the cores are left to those who send.
REST, MOST_REST_SECONDS = 2.0, 0.15
RETRY_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
_TRANSIENT = (StoreUnavailable, Busy, Full, Unavailable)

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """A stage: what it reads, under which name it keeps its position, and what it does with a batch."""

    topic: str
    group: str

    def handle(self, records: Sequence[Record]) -> None: ...

    def reset(self) -> None: ...


class Runner:
    """Runs one handler until it is told to stop. Delivery is at least once: a position is committed after its batch."""

    def __init__(self, log: Log, handler: Handler, stop: threading.Event, batch: int = BATCH) -> None:
        self._log = log
        self._handler = handler
        self._stop = stop
        self._batch = batch
        self._letters = Letters(log, handler.group, handler.topic)
        self._position: int | None = None
        self._behind = False  # more was waiting than the last batch could take

    def run(self) -> None:
        """Until `stop` is set; the batch under way is finished first."""
        failures = 0
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                moved = self.once()
                failures = 0
            except _TRANSIENT as error:
                self._failed(error)
                self._stop.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
                continue
            if not moved:
                self._stop.wait(IDLE_SECONDS)
            elif not self._behind:
                self._stop.wait(min(MOST_REST_SECONDS, REST * (time.monotonic() - started)))

    def once(self) -> bool:
        """Move one batch, if there is one. Raises what may pass by itself: StoreUnavailable, the log's errors."""
        topic, group = self._handler.topic, self._handler.group
        if self._position is None:
            self._position = self._log.committed(group, topic)
        records = self._log.read(topic, self._position, self._batch)
        if not records:
            return False
        self._behind = self._log.end(topic) > records[-1].position + 1
        self._deliver(records)
        self._position = records[-1].position + 1
        self._log.commit(group, topic, self._position)
        return True

    def _deliver(self, records: Sequence[Record]) -> None:
        try:
            self._handler.handle(records)
        except _TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001 - one bad record must not hold up the others
            self._failed(error)
            if len(records) == 1:
                self._letters.write(records[0], "", f"{type(error).__name__}: {error}")
                return
            for record in records:
                self._deliver([record])

    def _failed(self, error: Exception) -> None:
        self._handler.reset()
        # The type only: a reason may quote a learner's data.
        logger.warning("%s: batch failed (%s), trying again", self._handler.group, type(error).__name__)
