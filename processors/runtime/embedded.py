"""The embedded runtime: every stage in one process, a thread each."""

from __future__ import annotations

import gc
import threading
from pathlib import Path

import click

from lrs.log.sqlite import SqliteLog
from lrs.processes.modes import Embedded
from lrs.processes.options import clickhouse_option, data_option, json_option
from lrs.processes.process import die_with_parent, log_to_stderr, stop_on_signals
from lrs.store.client import Store
from lrs.store.dsn import dsn
from processors.runtime.idle import Idle
from processors.runtime.prepare import prepare
from processors.runtime.runner import Runner


def run(data: Path, store: Store, stop: threading.Event) -> None:
    """Run every stage until `stop` is set. Raises RuntimeError when a stage's thread ended by itself."""
    log = SqliteLog(data / "log")
    stages = Embedded(log, store, data).stages()
    idles = [Idle(stop, data / "log", stage.topic) for stage in stages]
    threads = [
        threading.Thread(target=Runner(log, stage, stop, idle).run, name=stage.group)
        for stage, idle in zip(stages, idles, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        while not stop.wait(0.2):
            if not all(thread.is_alive() for thread in threads):
                raise RuntimeError("a stage ended by itself")
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        for idle in idles:
            idle.close()
        log.close()


@click.command()
@data_option
@clickhouse_option
@json_option
def main(data: Path, clickhouse: str | None, as_json: bool) -> None:
    """Run every stage until SIGTERM."""
    die_with_parent()
    log_to_stderr(as_json)
    stop = stop_on_signals()
    gc.set_threshold(100_000, 50, 50)  # batches make many objects and no cycles: the default spends a tenth on looking
    store = Store(dsn(data, clickhouse))
    prepare(store, stop)
    run(data, store, stop)


if __name__ == "__main__":
    main()
