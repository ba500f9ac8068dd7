"""The embedded runtime: every stage in one process, a thread each."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import click

from lrs import exits
from lrs.errors import Full, LostData, Refused, Transient, UnreadableFile
from lrs.exits import die_with_parent
from lrs.log import HALTING, Damaged, DamagedFile, OtherLog
from lrs.log.damage_memory import DAMAGE_ADVICE
from lrs.log.sqlite import SqliteLog
from lrs.processes.alerting import Alerting
from lrs.processes.checksum_look import ChecksumLook
from lrs.processes.child import log_to_stderr, stop_on_signals
from lrs.processes.indexes import mend_indexes
from lrs.processes.modes import Embedded
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import STAGE_SECONDS, Runtime
from lrs.processes.shared_stamps import SharedStamps, SharedStampWriter
from lrs.processes.stamp_writer import StampWriter
from lrs.processes.stamps import STAMPS_ADVICE, PartsLost, Stamps
from lrs.store.checkpoints import Checkpoints
from lrs.store.client import NoDatabase, Store
from lrs.store.closed_tables import ClosedTables, ClosedTablesFile, Closure
from lrs.store.unreadable_parts import UnreadableParts
from processors.runtime.checkpoint import CHECK_SECONDS, TablesLost
from processors.runtime.halts import WAY_OUT
from processors.runtime.idle import Idle
from processors.runtime.prepare import prepare
from processors.runtime.rebuild import Rebuild, admit_position, decide_position, people_position, project_position
from processors.runtime.runner import Runner
from processors.stages.decide import DECISIONS
from schemas.record import CATALOG, DECIDE, OBSERVATIONS

_LOOK_SECONDS = 2.0  # between looks at what is due
INDEX_SECONDS = 3_600.0  # between looks at the log's index of ids

# Tables that no checkpoint vouches for: at each start the stages put right what these lack.
UNVOUCHED = (*DECISIONS, "snapshots", "migrations")

logger = logging.getLogger(__name__)

# Seconds between two batches: decisions of a learner who answers twelve times in a row are made once, and what makes
# the rows has the cores meanwhile.
RESTS = {DECIDE: 1.0}


def run(runtime: Runtime, store: Store, stop: threading.Event) -> None:
    """Run every stage until `stop` is set. Raises LostData, and RuntimeError when a thread ended by itself."""
    data = runtime.data
    log = SqliteLog(data / "log")
    stamping = StampWriter(Stamps(runtime), log, data)
    checkpoints = Checkpoints(store, store.embedded)
    mode = Embedded(log, store, runtime)
    stages, follower = mode.stages(), mode.follower(stop)
    positions = [
        admit_position(log, checkpoints),
        project_position(log, checkpoints, mode.folds()),
        people_position(log, checkpoints),
        decide_position(log, checkpoints),
    ]
    if positions[-1].resume() is None:  # its first look is at everybody
        positions[-1].advance(log.end(OBSERVATIONS))
    lost: list[LostData] = []
    ended: list[str] = []

    def run_until_stopped(work: Callable[[], None]) -> None:
        try:
            work()
        except LostData as error:
            lost.append(error)
        finally:
            if not stop.is_set():  # by itself: whoever waits below is woken, too
                ended.append(threading.current_thread().name)
                stop.set()

    idles, closed = [Idle(stop, data / "log", stage.topic) for stage in stages], ClosedTablesFile(data)
    threads = [
        threading.Thread(
            target=run_until_stopped,
            args=[Runner(log, stage, position, stop, idle, rest=RESTS.get(stage.group, 0.0), closed=closed).run],
            name=stage.group,
        )
        for stage, position, idle in zip(stages, positions, idles, strict=True)
    ]
    idles.append(Idle(stop, data / "log", CATALOG))
    threads.append(
        threading.Thread(target=run_until_stopped, args=[partial(follower.run, idles[-1])], name="reinterpret")
    )
    for thread in threads:
        thread.start()
    stamping.start()
    SharedStampWriter(SharedStamps(runtime), stop).start()
    alerting = Alerting(runtime, runtime.answering_store(STAGE_SECONDS), mode.catalogs)
    alerting.start()
    unreadable, looked = UnreadableParts(store), time.monotonic()
    try:
        checked, checksums = time.monotonic(), ChecksumLook(log)
        while not stop.wait(_LOOK_SECONDS):
            if time.monotonic() - checked > INDEX_SECONDS:
                with suppress(DamagedFile, Transient, Full):  # in an hour again
                    mend_indexes(data / "log")
                checked = time.monotonic()
            if time.monotonic() - looked > CHECK_SECONDS:
                with suppress(Transient, Refused):
                    if found := unreadable.set_aside(UNVOUCHED):
                        raise TablesLost(found)
                looked = time.monotonic()
            checksums.look_if_due()
            if stamping.lost is not None:
                raise stamping.lost
        if ended:
            raise lost[0] if lost else RuntimeError(f"{ended[0]} ended by itself")
    finally:
        stop.set()
        for idle in idles:
            idle.wake()
        for thread in threads:
            thread.join()
        alerting.stop()
        for idle in idles:
            idle.close()
        stamping.close()
        log.close()


@click.command()
@runtime_options
@json_option
def main(runtime: Runtime, as_json: bool) -> None:
    """Run every stage until SIGTERM."""
    die_with_parent()
    log_to_stderr(as_json)
    stop = stop_on_signals()
    gc.set_threshold(100_000, 50, 50)  # batches make many objects and no cycles: the default spends a tenth on looking
    store = runtime.store(STAGE_SECONDS)
    closed = ClosedTablesFile(runtime.data)
    try:
        see_parts(runtime)
        if make_whole(runtime, store, closed, stop):
            run(runtime, store, stop)
    except TablesLost as error:
        say_lost(error, closed)
        sys.exit(exits.WRONG)
    except PartsLost as error:
        closed.write(Closure("halt", f"{error}: {STAMPS_ADVICE}"))
        logger.critical("halted: %s; %s", error, STAMPS_ADVICE)
        sys.exit(exits.HALTED)
    except OtherLog as error:
        closed.write(Closure("halt", f"{error}: {WAY_OUT}"))
        logger.critical("halted: %s; nothing is skipped and writes go on. Restore the log, or accept this one", error)
        sys.exit(exits.HALTED)
    except UnreadableFile as error:
        closed.write(Closure("halt", str(error)))
        logger.critical("%s", error)
        sys.exit(exits.UNREADABLE)
    except HALTING as error:
        reason = f"{error}: {DAMAGE_ADVICE}" if isinstance(error, Damaged) else str(error)
        closed.write(Closure("halt", reason))
        logger.critical("halted: %s", reason)
        sys.exit(exits.HALTED)


def say_lost(error: TablesLost, closed: ClosedTables) -> None:
    """Say that tables are rebuilt at the next start, which follows by itself; it is no news where it was asked for."""
    state = closed.read()
    asked_for = state is not None and state.kind == "rebuild"
    logger.log(logging.INFO if asked_for else logging.WARNING, "%s: rebuilt at the next start", error)


def see_parts(runtime: Runtime) -> None:
    """Check the parts of a data folder: PartsLost where some are gone, or older than others have seen."""
    there = (runtime.data / "log").is_dir()
    log = SqliteLog(runtime.data / "log") if there else None
    try:
        if lost := Stamps(runtime).lost(log):
            raise PartsLost(lost)
    finally:
        if log is not None:
            log.close()


def make_whole(runtime: Runtime, store: Store, closed: ClosedTables, stop: threading.Event) -> bool:
    """Wait for ClickHouse, and see that its tables hold what the log holds; False if stopped. Raises HALTING."""
    log = SqliteLog(runtime.data / "log")
    try:
        mode, unreadable = Embedded(log, store, runtime), UnreadableParts(store)
        rebuild = Rebuild(mode.written(), closed, mode.recent_states().begin)

        def set_aside_and_rebuild() -> None:
            with suppress(NoDatabase):
                unreadable.set_aside(UNVOUCHED)
            rebuild()

        return prepare(set_aside_and_rebuild, stop)
    finally:
        log.close()


if __name__ == "__main__":
    main()
