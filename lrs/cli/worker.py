"""`lrs worker`: the processors on Kafka, as many processes as there are partitions."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import click

from lrs import exits
from lrs.auth.credentials import Credential, Credentials
from lrs.catalog.catalogs import Catalogs
from lrs.cli.answering import fail
from lrs.cli.weekly import check_weekly, weekly_fits
from lrs.database.exclusive_lock import exclusive_lock
from lrs.exits import die_with_parent
from lrs.extras import needs
from lrs.log import HALTING, Log, Unavailable
from lrs.processes.child import log_to_stderr, stop_on_signals
from lrs.processes.modes import Distributed
from lrs.processes.options import activate_option, json_option, require_beside_kafka, runtime_options, weekly_option
from lrs.processes.runtime import STAGE_SECONDS, Runtime
from lrs.processes.shared_stamps import SharedStamps, SharedStampWriter
from lrs.processes.supervise import CannotStart, Child, Supervisor
from lrs.store.shared_closed_tables import SharedClosedTables
from processors.runtime.checkpoint import Positions, TablesLost
from processors.runtime.cluster_tables import ClusterTables
from processors.runtime.group_reader import GroupReader
from processors.runtime.halts import StageClosure
from processors.runtime.idle import Interval
from processors.runtime.prepare import prepare
from processors.runtime.rebuild import Rebuild
from processors.stages.stage import Stage
from schemas.record import ADMIT, CATALOG, DECIDE, INTAKE, PEOPLE, PROJECT, REINTERPRET

with needs("kafka"):
    from lrs.log.kafka import KafkaLog
    from processors.runtime.worker import TAKEOVER_SECONDS, Worker

STAGES = (INTAKE, ADMIT, PROJECT, PEOPLE, DECIDE, REINTERPRET)
_WAIT_SECONDS = 0.5
_TAKEOVERS = 3.0  # so many times as long as a silent worker is waited for

logger = logging.getLogger(__name__)


@click.command()
@click.argument("stage", type=click.Choice([*STAGES, "all"]))
@runtime_options
@click.option(
    "--takeover",
    type=click.FloatRange(1, 300),
    default=TAKEOVER_SECONDS,
    show_default=True,
    metavar="SECONDS",
    help="How long a worker may be silent before others take over its partitions.",
)
@weekly_option
@activate_option
@click.option("--bound", is_flag=True, hidden=True, help="End when the process that started this one does.")
@json_option
def worker(
    stage: str,
    runtime: Runtime,
    takeover: float,
    fit_weekly: bool,
    activate_better: bool,
    bound: bool,
    as_json: bool,
) -> None:
    """Run STAGE of the processors on Kafka until SIGTERM; `all` runs one process of each.

    intake checks what tools write to the topic `direct`, admit writes the record, project folds it, people refolds
    persons affected by catalog changes, decide keeps the table of decisions, reinterpret rereads the past when a
    catalog change asks for it. Run one process each of people, decide and reinterpret. The options of
    weekly fits are for `all`; beside single stages, run `lrs fit weekly`. With --json every line of the output is a
    JSON object.
    """
    if runtime.kafka is None:
        raise click.UsageError("a worker needs --kafka, --clickhouse and --database")
    require_beside_kafka(runtime, "clickhouse", "database")
    log_to_stderr(as_json)
    if stage == "all":
        more = ["--takeover", str(takeover), *(["--json"] if as_json else [])]
        children = [
            Child(stage_name, ["lrs.cli.main", "worker", stage_name, "--bound", *more], runtime.environment())
            for stage_name in STAGES
        ]
        check_weekly(fit_weekly, activate_better)
        if fit_weekly:
            environment = runtime.environment() | ({"PACER_JSON": "1"} if as_json else {})
            children.append(weekly_fits(environment, activate_better))
        try:
            Supervisor(children, stop_on_signals()).run()
        except CannotStart as error:
            fail(str(error), error.code)
        return
    if bound:
        die_with_parent()
    if stage == REINTERPRET:
        _reinterpret(runtime)
    else:
        _run_stage(stage, runtime, takeover)


def _distributed(runtime: Runtime) -> Distributed:
    assert runtime.kafka is not None
    assert runtime.database is not None
    for chatty in ("aiokafka", "kafka", "faust", "mode"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    gc.set_threshold(100_000, 50, 50)  # batches make many objects and no cycles
    return Distributed(KafkaLog(runtime.kafka), runtime.store(STAGE_SECONDS), runtime.database)


def _reinterpret(runtime: Runtime) -> None:
    """Apply what changes of the catalog ask for, until SIGTERM."""
    assert runtime.database is not None
    database, stop, mode = runtime.database, stop_on_signals(), _distributed(runtime)
    halts = StageClosure(SharedClosedTables(database, REINTERPRET), REINTERPRET)
    _wait_for_topic(mode.log, CATALOG)

    def see_to() -> None:
        _see_to_tables(mode, database)

    try:
        if mode.store.clustered:
            _begin_with_tables(see_to, lambda: None, halts)
            logger.warning(
                "on a ClickHouse cluster the past is not read again in place: fill tables in another database"
            )
            stop.wait()
            return
        follower = mode.follower(stop, halts)
        _begin_with_tables(see_to, lambda: prepare(follower.check, stop), halts)
        if not stop.is_set():
            halts.passed({})
            follower.run(Interval(stop))
    except HALTING as error:
        _halt(halts, error)


def _run_stage(stage: str, runtime: Runtime, takeover: float) -> None:
    assert runtime.kafka is not None
    assert runtime.database is not None
    database, mode = runtime.database, _distributed(runtime)
    log = mode.log
    halts = StageClosure(SharedClosedTables(database, stage), stage)
    if stage == PEOPLE:  # of which there is one process
        SharedStampWriter(SharedStamps(runtime), threading.Event()).start()
    stage_on_log = _STAGES[stage](runtime, mode)
    positions = mode.positions(stage_on_log)
    _wait_for_topic(log, stage_on_log.topic)

    def follow() -> None:
        if isinstance(positions, Positions):
            _follow_topic(log, stage_on_log, positions, halts, takeover)

    try:
        if stage == INTAKE:
            follow()
        else:
            _begin_with_tables(lambda: _see_to_tables(mode, database), follow, halts)
    except HALTING as error:
        _halt(halts, error)
    Worker(
        runtime.kafka,
        stage_on_log,
        GroupReader(log, stage_on_log.group, stage_on_log.topic, positions),
        halts,
        takeover,
    ).run()


def _halt(halts: StageClosure, error: Exception) -> NoReturn:
    """Say to all that the stage cannot go on, and end."""
    halts.say(error)
    fail(f"{error}; nothing is skipped: see the runbook in docs/how-to/runbooks.md", exits.HALTED)


def _begin_with_tables(see_to: Callable[[], object], begin: Callable[[], object], halts: StageClosure) -> None:
    """Begin once the tables hold what the log holds. If some are lost meanwhile, as when a rebuild has just dropped
    them, check all of them again. Raises HALTING."""
    while True:
        try:
            see_to()
            begin()
        except TablesLost as error:
            halts.say_lost(error, "all tables are checked again")
            time.sleep(_WAIT_SECONDS)
        else:
            return


def _see_to_tables(mode: Distributed, database: str) -> None:
    """Wait for ClickHouse, and see that its tables hold what the log holds. Raises HALTING, TablesLost too."""
    closed = SharedClosedTables(database)
    see_to = (ClusterTables if mode.store.clustered else Rebuild)(mode.written(), closed)
    prepare(see_to, threading.Event(), lambda: exclusive_lock(database))


def _follow_topic(log: Log, stage: Stage, positions: Positions, halts: StageClosure, takeover: float) -> None:
    """Let the position that Kafka keeps for the group be that of the checkpoints. Raises HALTING.

    While the group has members only they can set it: then they pass over, or read again, what lies between. Where it
    lies after the topic's end, as somebody has decided to go on with less, they are waited for until taken for dead.
    """
    with suppress(Unavailable):
        reached, ends = log.reached(stage.group, stage.topic), log.ends(stage.topic)
        vouched = positions.resume()
        unvouched = {number: at for number, at in enumerate(reached) if number not in vouched}
        if positions.vouch_for_tables:
            halts.fill({number: at - 1 for number, at in unvouched.items() if at})
        elif unvouched:  # nothing to fill: it goes on where it was
            positions.move({number: min(at, ends[number]) for number, at in unvouched.items()})
            vouched = positions.resume()
        deadline = time.monotonic() + _TAKEOVERS * takeover
        for number, before in enumerate(reached):
            if (position := vouched.get(number, 0)) != before:
                while True:
                    try:
                        log.partition(number).commit(stage.group, stage.topic, position)
                    except Unavailable:
                        if before <= ends[number] or time.monotonic() > deadline:
                            raise
                        time.sleep(_WAIT_SECONDS)
                    else:
                        break


def _wait_for_topic(log: Log, topic: str) -> None:
    """Until the topic's brokers answer: Faust would give up at once."""
    while True:
        try:
            log.partitions(topic, fresh=True)
        except Unavailable as error:
            logger.info("waiting for Kafka: %s", error)
            time.sleep(_WAIT_SECONDS)
        else:
            return


def _intake(runtime: Runtime, mode: Distributed) -> Stage:
    from processors.stages.intake import Intake  # here, as the other stages need nothing of signatures

    assert runtime.database is not None
    credentials = Credentials(runtime.database)

    def usable_credential(key: str) -> Credential | None:
        listed = credentials.get(key)
        return None if listed is None or listed.revoked else listed.credential

    return Intake(mode.log, Catalogs(mode.log), usable_credential)


_STAGES: dict[str, Callable[[Runtime, Distributed], Stage]] = {
    INTAKE: _intake,
    ADMIT: lambda runtime, mode: mode.admit(),
    PROJECT: lambda runtime, mode: mode.project(),
    PEOPLE: lambda runtime, mode: mode.people(),
    DECIDE: lambda runtime, mode: mode.decide(),
}
