"""Move batches of a topic through a stage and keep checkpoints; knows nothing of learning."""

from __future__ import annotations

import threading
import time

from lrs.database.in_use import FileGone
from lrs.log import Log, OtherLog
from lrs.store.closed_tables import ClosedTables
from processors.runtime.checkpoint import CHECK_SECONDS, Position, TablesLost
from processors.runtime.delivery import deliver, pause
from processors.runtime.idle import Idle
from processors.stages.stage import Stage, Ticking

BATCH = 5_000  # events at the most: what a batch costs ClickHouse hardly grows with it
# A batch costs much the same whatever its size: after one that took all there was, rest for twice as long as it
# took, so that more comes together and the cores are left to those who send.
REST, MOST_REST_SECONDS = 2.0, 0.15


class Runner:
    """Runs one stage until it is stopped. Delivery is at least once: a checkpoint follows its batch.

    Args:
        batch: events at the most.
        rest: seconds between two batches at the least, while no more than one batch waits.
        closed: says whether tables are being rebuilt.
    """

    def __init__(
        self,
        log: Log,
        stage: Stage,
        position: Position,
        stop: threading.Event,
        idle: Idle,
        batch: int = BATCH,
        rest: float = 0.0,
        closed: ClosedTables | None = None,
    ) -> None:
        self._log = log
        self._stage = stage
        self._stop = stop
        self._idle = idle
        self._batch = batch
        self._rest = rest
        self._closed = closed
        self._position = position
        self._next: int | None = None  # where to read on
        self._checked = time.monotonic()
        self._behind = False  # more was waiting than the last batch could take

    def run(self) -> None:
        """Until `stop` is set; the batch under way is finished first. Raises OtherLog, TablesLost and FileGone."""
        failures = 0
        self._stage.reassigned()
        while not self._stop.is_set():
            started = time.monotonic()
            try:
                self._check()  # before the stage asks the tables anything: that they are lost is no failure to retry
                if isinstance(self._stage, Ticking):
                    self._stage.tick()
                moved = self.once()
                failures = 0
            except (OtherLog, TablesLost, FileGone):
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is passed over
                failures += 1
                self._stop.wait(pause(self._stage.group, error, failures, self._closed))
                self._checked = 0.0  # it may have failed for want of a table
                continue
            if not moved:
                self._idle.wait()
                continue
            self._idle.moved()
            if not self._behind:
                self._stop.wait(max(self._rest, min(MOST_REST_SECONDS, REST * (time.monotonic() - started))))

    def once(self) -> bool:
        """Move one batch, if there is one. Raises what the log and the stage raise: then nothing is vouched for."""
        topic = self._stage.topic
        if self._next is None:
            self._next = self._position.resume() or 0
        log_end = self._log.end(topic)
        records = self._log.read(topic, self._next, self._batch)
        if not records:
            if log_end > self._next:  # all that is left was damaged, and left out
                self._position.advance(log_end)
                self._next = log_end
            return False
        self._behind = self._log.end(topic) > records[-1].position + 1
        deliver(self._stage, records)
        log_end = records[-1].position + 1
        self._position.advance(log_end)
        self._next = log_end
        return True

    def _check(self) -> None:
        """Every CHECK_SECONDS, and after a failure: see that the tables hold what was vouched for."""
        if time.monotonic() - self._checked > CHECK_SECONDS:
            self._position.check()
            self._checked = time.monotonic()
