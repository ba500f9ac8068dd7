"""What a late event costs: `python -m benchmarks.late [--history 64000]`.

One learner's long history, an event from the year 2099 in it; then answers that come one at a time: in order, with some
events after them, and a void in the middle. CPU time of the folds' process and of the engine, of both folds together.
"""

from __future__ import annotations

import gc
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import orjson

from benchmarks.cpu import seconds
from lrs.catalog.catalogs import Catalogs
from lrs.cli.answering import print_json
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from processors.folds.registry import all_folds
from processors.stages.admit import Admit
from processors.stages.project import Project
from processors.stages.stage import Stage
from schemas.record import STATEMENTS, Bundle
from tests.support.engine import running
from tests.support.statements import answered, voiding

START = 1_772_445_600  # s
EVERY = 30  # s between answers
TIMES = 10


def answer(number: int, **more: Any) -> dict[str, Any]:
    """The number-th answer: 50 skills in turn, 500 items."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START + number * EVERY))
    return answered("ada", f"item-{number * 7 % 500}", number % 3 > 0, (f"skill-{number // 12 % 50}",), at, **more)


class Store:
    """Stages that are run in turn over one log, as the embedded runtime does."""

    def __init__(self, log: SqliteLog, stages: Sequence[Stage], engine: int) -> None:
        self.log = log
        self.stages = stages
        self.engine = engine
        self.positions = dict.fromkeys((stage.group for stage in stages), 0)

    def send(self, statements: Sequence[dict[str, Any]]) -> tuple[float, float]:
        """Append, admit and fold; ms of CPU that the folds took, here and in the engine."""
        raw = [orjson.dumps(one) for one in statements]
        self.log.append(STATEMENTS, Entry("", Bundle("t", "c", 0, 0, [s["id"] for s in statements], raw).encode()))
        admit, *projecting = self.stages
        self._run(admit)
        own, engine = time.process_time(), seconds(self.engine)
        for stage in projecting:
            self._run(stage)
        return (time.process_time() - own) * 1e3, (seconds(self.engine) - engine) * 1e3

    def _run(self, stage: Stage) -> None:
        while records := self.log.read(stage.topic, self.positions[stage.group], 5_000):
            stage.handle(records)
            self.positions[stage.group] = records[-1].position + 1


def _late(number: int, _: int) -> dict[str, Any]:
    return answer(number)


def measure(store: Store, make: Callable[[int], dict[str, Any]], times: int) -> dict[str, Any]:
    """The median of several."""
    taken = [store.send([make(n)]) for n in range(times)]
    return {
        "cpu_ms": round(statistics.median(own for own, _ in taken), 1),
        "cpu_ms_most": round(max(own for own, _ in taken), 1),
        "engine_cpu_ms": round(statistics.mean(engine for _, engine in taken), 1),
        "times": times,
    }


@click.command()
@click.option("--history", default=64_000, show_default=True, help="Events of the learner.")
@click.option("--batch", default=200, show_default=True, help="Events of the learner that come at once.")
def main(history: int, batch: int) -> None:
    """Send a history in order, then what is late."""
    gc.set_threshold(100_000, 50, 50)  # as workers do
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "engine") as clickhouse:
        log = SqliteLog(Path(folder) / "log")
        stages: list[Stage] = [Admit(log, clickhouse, Catalogs(log))]
        stages.append(Project(log, clickhouse, all_folds(), Catalogs(log)))
        engine = orjson.loads((Path(folder) / "engine/engine.port").read_bytes())["pid"]
        store = Store(log, stages, engine)
        ids = [str(uuid.uuid4()) for _ in range(history)]
        spent = 0.0
        for start in range(0, history, batch):
            sent = [answer(n, id_=ids[n]) for n in range(start, min(start + batch, history))]
            if start == history // 2 // batch * batch:
                sent[-1]["timestamp"] = "2099-01-01T00:00:00Z"
            spent += sum(store.send(sent))
        found: dict[str, Any] = {"in order": {"cpu_us_an_event": round(spent / history * 1e3, 1)}}
        found["in order, one at a time"] = measure(store, lambda n: answer(history + n), TIMES)
        for after in (1, 100, 1_000, history // 2):
            times = TIMES if after <= 1_000 else 2
            found[f"late, {after} after it"] = measure(store, partial(_late, history + TIMES - after), times)
        found["void, 100 after it"] = measure(store, lambda n: voiding(ids[TIMES - 100 - n]), TIMES)
        found["void in the middle"] = measure(store, lambda n: voiding(ids[history // 2 + 10 + n]), 2)
        found["again 100 after it"] = measure(store, partial(_late, history + TIMES - 100), TIMES)
        log.close()
    print_json(found)


if __name__ == "__main__":
    main()
