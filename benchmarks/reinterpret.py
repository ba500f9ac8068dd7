"""How fast the past is read again: `python -m benchmarks.reinterpret [--statements 100000]`.

Answers in the shape of Moodle's, by many learners in turn, admitted and folded; then the catalog changes: a pattern
that touches 5,000 statements, everything read again and nothing different, and everything different.
"""

from __future__ import annotations

import gc
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import orjson

from benchmarks.cpu import seconds
from benchmarks.meaning import statements as answers
from lrs.catalog.catalogs import Catalogs
from lrs.cli.answering import print_json
from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from processors.folds.registry import all_folds
from processors.reinterpretation.accepted_catalog import SKEW
from processors.reinterpretation.follower import Follower
from processors.stages.admit import Admit
from processors.stages.project import Project
from processors.stages.stage import Stage
from schemas.catalog import Change, Pattern
from schemas.reading import ReadingRules, Reinterpret
from schemas.record import OBSERVATIONS, STATEMENTS, Bundle
from tests.support.engine import running

SITE = "https://moodle.example"
PATTERN = 5_000  # statements that the pattern touches
BATCH = 100  # statements of a request


class Held:
    """Nobody writes meanwhile."""

    def __init__(self, log: SqliteLog) -> None:
        self._log = log

    def wait_until_folded(self) -> list[int]:
        return self._log.ends(OBSERVATIONS)

    @contextmanager
    def stages_held(self) -> Iterator[None]:
        yield


def fill(log: SqliteLog, stages: Sequence[Stage], count: int, learners: int) -> None:
    """Statements that are admitted and folded; one in so many is of a quiz that the pattern touches."""
    sent = answers(count, learners)
    for n in range(0, count, max(1, count // PATTERN)):
        sent[n]["object"]["id"] = f"{SITE}/mod/hvp/view.php?id={n % 50}"
    for start in range(0, count, BATCH):
        some = sent[start : start + BATCH]
        raw = [orjson.dumps(one) for one in some]
        log.append(STATEMENTS, Entry("", Bundle("t", "c", 0, 0, [one["id"] for one in some], raw).encode(), len(raw)))
    for stage in stages:
        position = 0
        while records := log.read(stage.topic, position, 5_000):
            stage.handle(records)
            position = records[-1].position + 1


@click.command()
@click.option("--statements", default=100_000, show_default=True)
@click.option("--learners", default=1_000, show_default=True)
def main(statements: int, learners: int) -> None:
    """Fill tables, then change the catalog."""
    gc.set_threshold(100_000, 50, 50)  # as workers do
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "engine") as store:
        log = SqliteLog(Path(folder) / "log")
        catalogs = Catalogs(log)
        stages: list[Stage] = [Admit(log, store, catalogs)]
        stages.append(Project(log, store, all_folds(), catalogs))
        fill(log, stages, statements, learners)
        engine = orjson.loads((Path(folder) / "engine/engine.port").read_bytes())["pid"]
        follower = Follower(log, store, all_folds(), Held(log), threading.Event())

        def apply(*changes: Change) -> dict[str, Any]:
            later = time.time_ns() // 1000 + 2 * SKEW
            catalogs.append_all("t", "c", [*changes, Reinterpret()], later)
            began, own, its = time.perf_counter(), time.process_time(), seconds(engine)
            [done] = follower.once() or []
            took = time.perf_counter() - began
            return {
                "statements": done.found.statements,
                "changed": done.found.observations,
                "seconds": round(took, 2),
                "statements_per_second": round(done.found.statements / took),
                "cpu_us_a_statement": round((time.process_time() - own) / done.found.statements * 1e6, 1),
                "engine_cpu_us_a_statement": round((seconds(engine) - its) / done.found.statements * 1e6, 1),
            }

        found = {
            "a pattern": apply(Pattern(id="hvp/view.php?*", skills=["played"])),
            "everything, nothing differs": apply(ReadingRules(provisional=True)),
            "everything differs": apply(Pattern(id="question.php?*", skills=["questions"])),
        }
        log.close()
    print_json(found)


if __name__ == "__main__":
    main()
