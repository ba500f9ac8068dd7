"""What the distributed runtime costs an event: `python -m benchmarks.distributed`.

Broker, ClickHouse engine, API, workers and sender share this machine, so compare CPU seconds an event and ratios.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import orjson

from benchmarks.cpu import seconds
from benchmarks.load import bodies, measure
from lrs.cli.answering import print_json
from lrs.log import Entry
from lrs.record.appender import submit_by_id
from lrs.store.client import Store
from schemas.record import OBSERVATIONS, STATEMENTS, Bundle
from schemas.xapi import split
from tests.support.district import District, district
from tests.support.kafka import Broker

_ROWS = 200_000  # made at a time: the engine has 2 GiB


@click.group()
def main() -> None:
    """Measure one thing at a time."""


@main.command()
@click.option("--statements", default=100_000, show_default=True)
@click.option("--singles", default=5_000, show_default=True)
@click.option("--rate", default=0, show_default=True, help="Statements/s of the batches; 0: as fast as can be.")
def load(statements: int, singles: int, rate: int) -> None:
    """End to end over HTTP, with one worker of each stage: batches of 100 over 4 connections, then singles over 8."""
    with _running() as (broker, found):
        found.start()
        results = []
        for count, batch, connections, at in ((statements, 100, 4, rate), (singles, 1, 8, 0)):
            before = cpu(broker, found)
            one = measure(found, count, batch, connections, int(time.time()), 12, at)
            results.append(one | {"cpu_us_an_event": _an_event(before, cpu(broker, found), count)})
    print_json(results)


@main.command()
@click.option("--events", default=200_000, show_default=True)
@click.option("--most", default=2, show_default=True, help="Workers.")
def workers(events: int, most: int) -> None:
    """One project worker against several on the same observations: CPU an event must not grow."""
    print_json([_folded(events, [f"project-{number}" for number in range(count)]) for count in range(1, most + 1)])


@main.command()
@click.option("--events", default=200_000, show_default=True)
def loop(events: int) -> None:
    """The project stage as a Faust worker, and behind a plain consumer loop: CPU an event."""
    print_json([_folded(events, [name]) for name in ("project-0", "plain")])


def _folded(events: int, names: Sequence[str]) -> dict[str, object]:
    """Processes fold observations that wait for them; what it takes to start them and to join does not count."""
    with _running() as (broker, found):
        found.start({"admit": 1})
        found.end("admit-0")
        for name in names:
            if name == "plain":
                found.processes[name] = subprocess.Popen(
                    [sys.executable, "-m", "benchmarks.plain"], env=os.environ | found.runtime.environment()
                )
            else:
                found.run(name)
        time.sleep(10)
        for name in names:
            found.processes[name].send_signal(signal.SIGSTOP)
        fill(found, events)
        found.run("admit-0")
        _reach(found, "admit", STATEMENTS)
        found.end("admit-0")
        before, started = cpu(broker, found), time.perf_counter()
        for name in names:
            found.processes[name].send_signal(signal.SIGCONT)
        _reach(found, "project", OBSERVATIONS)
        took = time.perf_counter() - started
        spent = _an_event(before, cpu(broker, found), events)
        return {"by": " and ".join(names), "events_per_second": round(events / took), "cpu_us": spent}


@main.command()
@click.option("--events", default=100_000, show_default=True)
@click.option("--stored", default=[100_000, 10_000_000], show_default=True, multiple=True)
def growth(events: int, stored: Sequence[int]) -> None:
    """The same load with more and more stored beforehand: CPU an event of the workers and the engine."""
    results = []
    for count in stored:
        with _running() as (broker, found):
            found.start({"project": 1})
            _store(found.store(), count)
            found.run("admit-0")
            fill(found, 5_000)  # admit reads the existing ids before its first batch
            _reach(found, "admit", STATEMENTS)
            _reach(found, "project", OBSERVATIONS)
            while found.store().tuples("SELECT count() FROM system.merges", {})[0][0]:
                time.sleep(1)  # of what was stored beforehand, all at once
            before, started = cpu(broker, found), time.perf_counter()
            fill(found, events)
            _reach(found, "admit", STATEMENTS)
            _reach(found, "project", OBSERVATIONS)
            took = time.perf_counter() - started
            spent = _an_event(before, cpu(broker, found), events)
            results.append({"stored": count, "events_per_second": round(events / took), "cpu_us": spent})
    print_json(results)


def cpu(broker: Broker, found: District) -> dict[str, float]:
    """CPU seconds of every process so far, children counted in."""
    pids = {name: process.pid for name, process in found.processes.items()}
    assert broker.process is not None
    pids["broker"] = broker.process.pid
    return {name: seconds(pid) for name, pid in pids.items()}


def fill(found: District, events: int) -> None:
    """Put statements into the log, as the API does."""
    with found.log() as log:
        for n, body in enumerate(bodies(int(time.time()), events // 100, 100)):
            raw = split(body)
            ids = [orjson.loads(one)["id"] for one in raw]
            bundle = Bundle("default", "tool", time.time_ns() // 1000, 0, ids, raw)
            sent = submit_by_id(log, bundle)
            if n % 50 == 0:
                for each in sent:
                    each.result()
        for each in sent:
            each.result()
        assert log.append("dead_letters", Entry("", b"{}")) >= 0  # all before it is durable, too


@contextmanager
def _running() -> Iterator[tuple[Broker, District]]:
    with tempfile.TemporaryDirectory() as folder:
        broker = Broker(Path(folder) / "kafka")
        broker.start()
        try:
            with district(Path(folder), broker.address()) as found:
                yield broker, found
        finally:
            broker.stop()


def _reach(found: District, group: str, topic: str) -> None:
    with found.log() as log:
        while log.reached(group, topic) != log.ends(topic):
            time.sleep(0.1)


def _store(store: Store, count: int) -> None:
    """Rows as statements of other learners leave them, made by ClickHouse itself."""
    pad = "x" * 400
    for start in range(0, count, _ROWS):
        many = min(_ROWS, count - start)
        store.command(
            "INSERT INTO statements (tenant, stored, id, timestamp, verb, activity, actor, agents, activities, "
            "partition, sequence, statement) "
            f"SELECT 'default', 1700000000000000 + {start} + number, toString(generateUUIDv4()), number, "
            " 'v', 'a', concat('l', toString(number % 100000)) AS who, [who], ['a'], number % 4, "
            f"{start} + number, concat('{pad}', randomPrintableASCII(40)) FROM numbers({many})"
        )
        store.command(
            "INSERT INTO observations SELECT 'default', concat('l', toString(number % 100000)), "
            f"1700000000000000 + {start} + number, toString(generateUUIDv4()), 0, 'attempt', 'v', 'i', ['s'], 1, 20, "
            f"'', number % 4, {start} + number, 0, 0 FROM numbers({many})"
        )


def _an_event(before: dict[str, float], after: dict[str, float], events: int) -> dict[str, float]:
    spent = {name: (now - before.get(name, 0.0)) / events * 1e6 for name, now in after.items()}
    return {name: round(us, 1) for name, us in spent.items()}


if __name__ == "__main__":
    main()
