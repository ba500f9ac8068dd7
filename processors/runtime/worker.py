"""The distributed runtime: a stage as a Faust worker of a Kafka consumer group.

A batch is acknowledged after its rows are in ClickHouse, so a crash comes before or after both: what was not
acknowledged is delivered again, and changes nothing that was written. Hence a worker that cannot go on simply ends.
No Faust tables, and no `take()`, which acknowledges what raised.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust

from lrs.errors import Failure
from lrs.exits import DRAIN_SECONDS, HALTED, STALLED, WRONG
from lrs.log import HALTING, Record
from lrs.log.kafka_address import KafkaAddress
from lrs.log.kafka_producer import COUNT, MOST_RECORD_BYTES
from processors.runtime import scratch
from processors.runtime.checkpoint import TablesLost
from processors.runtime.delivery import deliver, pause
from processors.runtime.group_reader import GroupReader
from processors.runtime.halts import StageClosure
from processors.stages.stage import Stage, Ticking

MOST_RECORDS = 1_000  # taken from the stream at a time
MOST_EVENTS = 5_000  # handled, and acknowledged, at a time: what a batch costs ClickHouse hardly grows with it
WITHIN_SECONDS = 0.15  # how long records are gathered
TICK_SECONDS = 5.0
LOOK_SECONDS = 5.0  # between looks at whether the group gets on
STAGE_STALLED_SECONDS = 60.0
TAKEOVER_SECONDS = 10.0  # a worker that was silent so long is taken for dead

logger = logging.getLogger(__name__)


class Worker:
    """Runs one stage until SIGTERM or SIGINT, or until it cannot go on (then the process ends).

    `takeover`: seconds of silence after which others read this one's partitions.
    """

    def __init__(
        self,
        address: KafkaAddress,
        stage: Stage,
        reader: GroupReader,
        halts: StageClosure,
        takeover: float = TAKEOVER_SECONDS,
    ) -> None:
        self._address = address
        self._takeover = takeover
        self._stage = stage
        self._reader = reader
        self._halts = halts
        self._thread = ThreadPoolExecutor(1, "stage")  # so that heartbeats go on while a batch is handled
        self._reassigned = True
        self._generation = -1  # of the assignment that is read
        self._assigned: set[int] = set()
        self._waited = 0.0  # when something else than this worker was last at fault
        self._beginning: asyncio.Task[None] | None = None
        self._app = self._build()

    def run(self) -> None:
        """Run; ends the process."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()
        worker = faust.Worker(self._app, override_logging=False, redirect_stdouts=False, quiet=True)
        in_order = worker._schedule_shutdown

        def stop(signal: signal.Signals) -> None:
            # Asked to stop in the middle of a rebalance, Faust has been seen to wait for ever for a message that nobody
            # handles any more. To end at once is as safe as to be killed.
            exit_timer = threading.Timer(DRAIN_SECONDS, os._exit, (0,))
            exit_timer.daemon = True
            exit_timer.start()
            in_order(signal)

        worker._schedule_shutdown = stop  # type: ignore[method-assign]
        worker.execute_from_commandline()

    def _build(self) -> faust.App:
        app = faust.App(
            self._address.name(self._stage.group),
            broker=[f"kafka://{server}" for server in self._address.servers],
            key_serializer="raw",
            value_serializer="raw",
            datadir=scratch.folder(),
            web_enabled=False,
            topic_disable_leader=True,
            topic_allow_declare=False,
            consumer_auto_offset_reset="earliest",  # a group's first reading; a gap is found by Reading
            consumer_max_fetch_size=MOST_RECORD_BYTES,
            consumer_metadata_max_age_ms=3_000,  # how soon an added partition is read
            broker_max_poll_records=MOST_RECORDS,
            stream_buffer_maxsize=2 * MOST_RECORDS,
            broker_commit_interval=0.25,
            broker_heartbeat_interval=self._takeover / 5,
            broker_session_timeout=self._takeover,
            broker_rebalance_timeout=self._takeover,
            broker_request_timeout=self._takeover + 2.0,
        )
        topic = app.topic(self._address.name(self._stage.topic), key_serializer="raw", value_serializer="raw")

        @app.agent(topic, name=self._stage.group)
        async def batches(stream: Any) -> None:
            async for events in stream.noack_take(MOST_RECORDS, within=WITHIN_SECONDS):
                await self._take(app, events)

        ticking_stage = self._stage
        if isinstance(ticking_stage, Ticking):

            @app.timer(interval=TICK_SECONDS)  # type: ignore[untyped-decorator]
            async def tick() -> None:
                try:
                    await asyncio.get_running_loop().run_in_executor(self._thread, ticking_stage.tick)
                except Exception as error:  # noqa: BLE001 - the next one does what this one could not
                    pause(self._stage.group, error, 1, self._halts)

        @app.on_partitions_revoked.connect
        async def revoked(*_: Any, **__: Any) -> None:
            self._reassigned = True

        @app.on_partitions_assigned.connect
        async def assigned(*sent: Any, **__: Any) -> None:
            self._assigned = {partition.partition for partition in sent[1]}  # after the sender
            self._reassigned = True
            # Even if nothing comes: no checkpoint may vouch for what the group has passed.
            self._beginning = asyncio.create_task(self._patiently([]))

        return app

    async def _take(self, app: faust.App, events: Sequence[Any]) -> None:
        for part in _event_parts(events):
            # Records of an earlier assignment are delivered again to the worker that reads the partition now.
            part = [event for event in part if event.message.generation_id == app.consumer_generation_id]
            if not part:
                continue
            await self._patiently(_records_of_messages(part))
            for event in part:
                if event.message.generation_id == app.consumer_generation_id:
                    event.ack()

    async def _patiently(self, records: Sequence[Record]) -> None:
        """Handle records, however often that takes."""
        failures = 0
        while True:
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._handle, records)
                return
            except TablesLost as error:
                self._reassigned = True  # others may have rebuilt them, and vouched for them: go on from there
                self._halts.say_lost(error)
                await asyncio.sleep(LOOK_SECONDS / 10)
            except HALTING as error:
                self._halt(error, records)
            except Exception as error:  # noqa: BLE001 - whatever it is, nothing is passed over
                failures += 1
                self._waited = time.monotonic()
                await asyncio.sleep(pause(self._stage.group, error, failures, self._halts))

    def _handle(self, records: Sequence[Record]) -> None:
        generation = self._app.consumer_generation_id
        if self._reassigned or generation != self._generation:
            self._reassigned = True  # until it has begun
            self._begin(generation)
            self._generation, self._reassigned = generation, False
        self._deliver(self._reader.whole(records))

    def _begin(self, generation: int) -> None:
        try:
            self._reader.begin()
        except TablesLost as error:
            self._halts.say_lost(error, "the next start sees to them")
            _end_worker(WRONG)
        self._stage.reassigned(generation)
        for records in self._reader.unvouched(sorted(self._assigned)):
            self._deliver(records)

    def _deliver(self, records: Sequence[Record]) -> None:
        if records:
            deliver(self._stage, records)
            self._reader.read(records)
            if self._reassigned:
                self._waited = time.monotonic()  # it goes on, where the group's own positions do not show it

    def _watch(self) -> None:
        """Look whether the log and the tables are what they were, and end a worker whose partition makes no progress.

        Then another worker, or this one restarted, reads on.
        """
        still: dict[int, tuple[int, float]] = {}  # by partition: where it reads on, and since when
        while True:
            time.sleep(LOOK_SECONDS)
            now = time.monotonic()
            try:
                behind = self._reader.look()
                self._halts.passed(behind)
            except TablesLost as error:
                self._look_again(error)
                continue
            except HALTING as error:
                self._halt(error)
            except Failure:
                self._waited = now
                continue
            still = {
                partition: still[partition] if partition in still and still[partition][0] == at else (at, now)
                for partition, at in behind.items()
                if partition in self._assigned
            }
            since = min((since for _, since in still.values()), default=now)
            if now - max(since, self._waited) > STAGE_STALLED_SECONDS:
                _end_worker(
                    STALLED, f"{self._stage.group} has stood still for {STAGE_STALLED_SECONDS:.0f} s: start it again"
                )

    def _look_again(self, error: TablesLost) -> None:
        """Tables are not those that were written: begin again, or end."""
        self._halts.say_lost(error)
        self._reassigned = True
        asyncio.run_coroutine_threadsafe(self._patiently([]), self._app.loop).result()

    def _halt(self, error: Exception, records: Sequence[Record] = ()) -> Any:
        try:
            self._halts.say(error, records)
        except Failure as failure:
            logger.error("the halt of %s could not be kept for others to see: %s", self._stage.group, failure)
        _end_worker(HALTED, f"{error}; nothing is skipped: see the runbook in docs/how-to/runbooks.md")


def _event_parts(events: Sequence[Any]) -> Iterator[list[Any]]:
    """Events in runs of about MOST_EVENTS statements or observations."""
    events_of_part: list[Any] = []
    part_bytes = 0
    for event in events:
        events_of_part.append(event)
        part_bytes += _statement_count(event.message.headers)
        if part_bytes >= MOST_EVENTS:
            yield events_of_part
            events_of_part, part_bytes = [], 0
    if events_of_part:
        yield events_of_part


def _statement_count(headers: Any) -> int:
    count_header = dict(headers or ()).get(COUNT, b"1")
    return int(count_header) if count_header.isdigit() else 1


def _records_of_messages(events: Sequence[Any]) -> list[Record]:
    return [_record_of_message(event.message) for event in events]


def _record_of_message(message: Any) -> Record:
    key = (message.key or b"").decode("utf-8", "replace")
    headers = tuple(message.headers or ())
    return Record(message.offset, round(message.timestamp * 1e6), key, message.value or b"", message.partition, headers)


def _end_worker(code: int, reason: str = "") -> Any:
    if reason:
        logger.critical("%s", reason)
    logging.shutdown()
    os._exit(code)
