"""What each stage costs an event: `python -m benchmarks.stages [--profile STAGE]`. One engine, stages run in turn.

Most statements come in large batches; the last ones in small batches, as when 500 come in a second, and what each
stage costs then is said by itself. Decisions are of classes of 30 who learn 50 skills, each of which requires the two
before it.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import click
import orjson

from benchmarks.cpu import seconds
from benchmarks.load import bodies
from benchmarks.next_items import SEED, classes, skills
from lrs.catalog.catalogs import Catalogs
from lrs.catalog.change_validation import parse_changes
from lrs.cli.answering import print_json
from lrs.clock import system_time
from lrs.log import Entry, Log, Record
from lrs.log.sqlite import SqliteLog
from processors.folds.registry import all_folds
from processors.runtime.runner import BATCH
from processors.stages.admit import Admit
from processors.stages.decide import Decide
from processors.stages.project import Project
from processors.stages.stage import Stage
from schemas.record import STATEMENTS, Bundle
from schemas.xapi import split
from tests.support.engine import running

TENANT = "t"
OF_REQUEST = 10  # statements


class _Costs:
    """What one stage costs: seconds of wall, of this process's CPU and of the engine's."""

    def __init__(self, stage: Stage, engine: Callable[[], float], profiled: bool) -> None:
        self.stage, self.position = stage, 0
        self._engine = engine
        self._profiler = cProfile.Profile(time.process_time) if profiled else None
        self.begin()

    def begin(self) -> None:
        """Forget what was spent so far."""
        self._spent = [0.0, 0.0, 0.0]
        if self._profiler:
            self._profiler.clear()

    def handle(self, records: Sequence[Record]) -> None:
        """One batch."""
        before = self._now()
        if self._profiler:
            self._profiler.enable()
        self.stage.handle(records)
        if self._profiler:
            self._profiler.disable()
        self._spent = [spent + now - then for spent, now, then in zip(self._spent, self._now(), before, strict=True)]
        self.position = records[-1].position + 1

    def of_each(self, events: int) -> dict[str, Any]:
        """µs an event; the profile is printed."""
        if self._profiler:
            pstats.Stats(self._profiler).sort_stats("tottime").print_stats(40)
        names = ("wall_us", "cpu_us", "engine_cpu_us")
        return {name: round(spent / events * 1e6, 1) for name, spent in zip(names, self._spent, strict=True)}

    def _now(self) -> list[float]:
        return [time.perf_counter(), time.process_time(), self._engine()]


def _handle_all(log: Log, stages: Sequence[_Costs], batch: int) -> None:
    """Each stage in turn over what the one before it gave."""
    for costs in stages:
        topic = costs.stage.topic
        while records := log.read(topic, costs.position, batch):
            costs.handle(records)
        log.commit(costs.stage.group, topic, costs.position)


def _records(statements: int) -> list[Entry]:
    """The statements as a tool sends them: so many in a request."""
    records: list[Entry] = []
    for body in bodies(SEED, statements // OF_REQUEST, OF_REQUEST):
        raw = split(body)
        ids = [orjson.loads(one)["id"] for one in raw]
        records.append(Entry("", Bundle(TENANT, "c", system_time(), 0, ids, raw).encode(), len(raw)))
    return records


@click.command()
@click.option("--statements", default=60_000, show_default=True)
@click.option("--batch", default=BATCH, show_default=True, help="Events in a batch.")
@click.option("--last", default=3_000, show_default=True, help="Statements in small batches.")
@click.option("--small", default=50, show_default=True, help="Events in a small batch.")
@click.option("--profile", default="", help="Print the profile of this stage, by CPU time.")
def main(statements: int, batch: int, last: int, small: int, profile: str) -> None:
    """Run each stage over large batches, then over small ones: µs an event of wall, this process and the engine."""
    gc.set_threshold(100_000, 50, 50)  # as workers do
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "engine") as store:
        log = SqliteLog(Path(folder) / "log")
        pid = orjson.loads((Path(folder) / "engine/engine.port").read_bytes())["pid"]
        catalogs = Catalogs(log)
        catalogs.append_all(TENANT, "op", parse_changes(orjson.dumps([*skills(), *classes()])), system_time())
        stages: list[Stage] = [
            Admit(log, store, catalogs),
            Project(log, store, all_folds(), catalogs),
            Decide(log, store, catalogs, "project", system_time),
        ]
        all_costs = [_Costs(stage, lambda: seconds(pid), stage.group == profile) for stage in stages]
        found: list[dict[str, Any]] = []
        waiting = iter(_records(statements + last))
        for events, most in ((statements, batch), (last, small)):
            for costs in all_costs:
                costs.begin()
            for _ in range(events // most):
                for record in islice(waiting, most // OF_REQUEST):
                    log.append(STATEMENTS, record)
                _handle_all(log, all_costs, most)
            found += [{"stage": c.stage.group, "batch": most} | c.of_each(events) for c in all_costs]
        log.close()
    print_json(found)


if __name__ == "__main__":
    main()
