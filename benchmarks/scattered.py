"""Real life: events of many learners in no order, beside Ralph: `python -m benchmarks.scattered --ralph FOLDER`.

8 connections send statements of 3,000 learners drawn at random, one by one and in batches of 100, while everything is
projected. Then the same bytes go to Ralph (`benchmarks/ralph.sh FOLDER` installs it) over an engine of its own. Compare
the µs of CPU an event: sender, servers and engine share the cores.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import httpx

from benchmarks.cpu import seconds
from benchmarks.load import Load, send
from lrs.cli.answering import print_json
from lrs.store.dsn import dsn
from tests.support.engine import running
from tests.support.server import KEY, SECRET, free_port, serving

CONNECTIONS = 8
_PROCESSES = {
    "lrs.engine.serve": "engine",
    "lrs.processes.embedded": "processors",
    "lrs.processes.api": "api",
}
_EVENTS = (  # as Ralph's documentation makes it
    "CREATE TABLE xapi_events_all (event_id UUID, emission_time DateTime64(6), event String) "
    "ENGINE = MergeTree ORDER BY (emission_time, event_id)"
)


def measure(
    base: str, pids: Callable[[], Mapping[str, int]], settle: Callable[[], None], count: int, batch: int, seed: int
) -> dict[str, Any]:
    """One load: events/s acknowledged and projected, request times, and µs of CPU an event of each process."""
    results: Any = multiprocessing.Queue()
    made, ready = multiprocessing.Event(), multiprocessing.Event()
    load = Load(seed, count // batch, batch, CONNECTIONS, run=1)
    sender = multiprocessing.Process(target=send, args=(base, load, made, ready, results))
    sender.start()
    made.wait()
    before = {name: seconds(pid) for name, pid in pids().items()}
    started = time.perf_counter()
    ready.set()
    taken = sorted(results.get())
    acknowledged = time.perf_counter() - started
    settle()
    projected = time.perf_counter() - started
    spent = {name: (seconds(pid) - before[name]) / count * 1e6 for name, pid in pids().items()}
    sender.join()
    return {
        "statements": count,
        "batch": batch,
        "acknowledged_per_second": round(count / acknowledged),
        "projected_per_second": round(count / projected),
        "request_p50_ms": round(statistics.median(taken) * 1e3, 1),
        "request_p99_ms": round(taken[int(len(taken) * 0.99)] * 1e3, 1),
        "cpu_us_an_event": {name: round(us, 1) for name, us in spent.items()} | {"all": round(sum(spent.values()), 1)},
    }


def pacer(loads: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """`lrs serve`: log, record and both folds."""
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as server:

        def pids() -> dict[str, int]:
            return {_PROCESSES[name]: pid for name, pid in server.children().items()}

        return [
            measure(server.base, pids, lambda: server.wait(seconds=600), count, batch, seed)
            for seed, (count, batch) in enumerate(loads)
        ]


def ralph(installed: Path, loads: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Ralph's server with one worker: a table of statements, and nothing folded."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "engine") as store:
        store.command(_EVENTS)
        engine = json.loads((Path(folder) / "engine/engine.port").read_bytes())["pid"]
        with _ralph(installed, Path(folder)) as (base, process):
            pids = {"ralph": process.pid, "engine": engine}
            return [
                measure(base, lambda: pids, lambda: None, count, batch, seed)
                for seed, (count, batch) in enumerate(loads)
            ]


@contextmanager
def _ralph(installed: Path, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    address = urlsplit(dsn(folder / "engine", None)())
    backend = "RALPH_BACKENDS__LRS__CLICKHOUSE__"
    named = {
        "HOST": address.hostname,
        "PORT": address.port,
        "USERNAME": address.username,
        "PASSWORD": address.password,
        "DATABASE": address.path.strip("/"),
    }
    environment = os.environ | {backend + name: str(value) for name, value in named.items()}
    environment |= {"RALPH_RUNSERVER_BACKEND": "clickhouse", "RALPH_AUTH_FILE": str(folder / "auth.json")}
    login = ["auth", "-u", KEY, "-p", SECRET, "-s", "all", "-M", "mailto:tool@school.example", "-w"]
    subprocess.run([installed / "bin/ralph", *login], env=environment, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    process = subprocess.Popen(
        [installed / "bin/uvicorn", "ralph.api:app", "--port", str(port), "--log-level", "warning"], env=environment
    )
    base = f"http://127.0.0.1:{port}"
    try:
        _answers(f"{base}/__lbheartbeat__")
        yield base, process
    finally:
        process.terminate()
        process.wait(15)


def _answers(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            httpx.get(url, timeout=5)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"{url} does not answer")


@click.command()
@click.option("--statements", default=60_000, show_default=True, help="In batches of 100.")
@click.option("--singles", default=8_000, show_default=True)
@click.option("--ralph", "installed", type=click.Path(exists=True, path_type=Path), default=None)
def main(statements: int, singles: int, installed: Path | None) -> None:
    """Measure Pacer, then Ralph where it is installed."""
    loads = [(singles, 1), (statements, 100)]
    found = {"pacer": pacer(loads)}
    if installed is not None:
        found["ralph"] = ralph(installed.resolve(), loads)
    print_json(found)


if __name__ == "__main__":
    main()
