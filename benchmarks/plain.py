"""What Faust is measured against: the project stage behind a plain loop over Kafka's own consumer, nothing else."""

from __future__ import annotations

import click
from kafka import KafkaConsumer

from lrs.catalog.catalogs import Catalogs
from lrs.log import Record
from lrs.log.kafka import KafkaLog
from lrs.processes.child import log_to_stderr, stop_on_signals
from lrs.processes.options import runtime_options
from lrs.processes.runtime import Runtime
from processors.folds.registry import all_folds
from processors.runtime.delivery import deliver
from processors.runtime.worker import MOST_RECORDS
from processors.stages.project import Project


@click.command()
@runtime_options
def main(runtime: Runtime) -> None:
    """Poll, fold, commit, until SIGTERM. No fencing, no check for truncation, no retries."""
    assert runtime.kafka is not None
    log_to_stderr()
    stop = stop_on_signals()
    log = KafkaLog(runtime.kafka)
    stage = Project(log, runtime.store(), all_folds(), Catalogs(log))
    consumer = KafkaConsumer(
        runtime.kafka.name(stage.topic),
        bootstrap_servers=list(runtime.kafka.servers),
        group_id=runtime.kafka.name(stage.group),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=MOST_RECORDS,
    )
    while not stop.is_set():
        polled = consumer.poll(150)
        records = [
            Record(one.offset, one.timestamp * 1000, (one.key or b"").decode(), one.value, one.partition)
            for part in polled.values()
            for one in part
        ]
        if records:
            deliver(stage, records)
            consumer.commit()
    consumer.close()


if __name__ == "__main__":
    main()
