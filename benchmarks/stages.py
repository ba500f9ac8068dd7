"""What each stage costs an event: `python -m benchmarks.stages [--profile STAGE]`. One engine, stages run in turn."""

from __future__ import annotations

import cProfile
import gc
import pstats
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import orjson

from benchmarks.cpu import seconds
from benchmarks.load import bodies
from lrs.catalog.catalogs import Catalogs
from lrs.cli.answering import print_json
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from processors.folds.registry import all_folds
from processors.runtime.runner import BATCH
from processors.stages.admit import Admit
from processors.stages.project import Project
from processors.stages.stage import Stage
from schemas.record import STATEMENTS, Bundle
from schemas.xapi import split
from tests.support.engine import running


@click.command()
@click.option("--statements", default=60_000, show_default=True)
@click.option("--batch", default=BATCH, show_default=True, help="Events in a batch.")
@click.option("--profile", default="", help="Print the profile of this stage.")
def main(statements: int, batch: int, profile: str) -> None:
    """Fill a log, then run each stage over it alone: µs of wall, of this process's CPU and of the engine's an event."""
    gc.set_threshold(100_000, 50, 50)  # as workers do
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "engine") as store:
        log = SqliteLog(Path(folder) / "log")
        pid = orjson.loads((Path(folder) / "engine/engine.port").read_bytes())["pid"]
        for body in bodies(1, statements // 100, 100):
            raw = split(body)
            ids = [orjson.loads(one)["id"] for one in raw]
            log.append(STATEMENTS, Entry("", Bundle("t", "c", time.time_ns() // 1000, 0, ids, raw).encode(), len(raw)))
        catalogs = Catalogs(log)
        stages: list[Stage] = [Admit(log, store, catalogs), Project(log, store, all_folds(), catalogs)]
        found: list[dict[str, Any]] = []
        for stage in stages:
            profiler = cProfile.Profile() if stage.group == profile else None
            wall, cpu, engine = time.perf_counter(), time.process_time(), seconds(pid)
            if profiler:
                profiler.enable()
            position = 0
            while records := log.read(stage.topic, position, batch):
                stage.handle(records)
                position = records[-1].position + 1
            if profiler:
                profiler.disable()
            spent = {
                "wall_us": time.perf_counter() - wall,
                "cpu_us": time.process_time() - cpu,
                "engine_cpu_us": seconds(pid) - engine,
            }
            found.append(
                {"stage": stage.group} | {name: round(took / statements * 1e6, 1) for name, took in spent.items()}
            )
            if profiler:
                pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
        log.close()
    print_json(found)


if __name__ == "__main__":
    main()
