"""How fast every table is rebuilt from the log, and `lrs verify` reads all of it: `python -m benchmarks.rebuild`.

A log of statements without any table, as after the loss of a disk: `lrs serve` rebuilds them by itself.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import click
import orjson

from benchmarks.cpu import seconds
from benchmarks.load import bodies
from lrs.cli.answering import print_json
from lrs.log import Entry, UniqueId
from lrs.log.sqlite import SqliteLog
from schemas.record import STATEMENTS, Bundle
from schemas.xapi import split
from tests.support.server import Server, free_port


def fill(folder: Path, statements: int) -> None:
    """A log as the API leaves it."""
    log = SqliteLog(folder)
    for body in bodies(1, statements // 100, 100):
        raw = split(body)
        ids = [orjson.loads(one)["id"] for one in raw]
        bundle = Bundle("default", "tool", time.time_ns() // 1000, 0, ids, raw)
        log.append(STATEMENTS, Entry("", bundle.encode(), len(raw), [UniqueId("default", id_) for id_ in ids]))
    log.close()


def _rate(statements: int, took: float, cpu: float) -> dict[str, Any]:
    return {
        "seconds": round(took, 1),
        "events_per_second": round(statements / took),
        "cpu_us_an_event": round(cpu / statements * 1e6, 1),
    }


@click.command()
@click.option("--statements", default=1_000_000, show_default=True)
def main(statements: int) -> None:
    """Fill a log, start on it, and verify."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        fill(data / "log", statements)
        server = Server(data, free_port())
        started = time.perf_counter()
        server.start(wait=False)
        try:
            server.wait(seconds=3600)
            assert server.process is not None
            found = {"rebuild": _rate(statements, time.perf_counter() - started, seconds(server.process.pid))}
            started = time.perf_counter()
            before = _children()
            command = [sys.executable, "-m", "lrs.cli.main", "verify", "--data", os.fspath(data)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            found["verify"] = _rate(statements, time.perf_counter() - started, _children() - before)
        finally:
            server.stop()
    print_json(found)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
