"""How fast statements are accepted, and how soon they can be queried: `python -m benchmarks.load`.

Starts its own server on a temporary folder (or --data), with as many sender processes as connections need.
"""

from __future__ import annotations

import asyncio
import base64
import multiprocessing
import os
import random
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import aiohttp
import click
import orjson

from lrs.cli.answering import print_json
from tests.support.server import HEADERS, KEY, SECRET, Server, free_port
from tests.support.statements import answered

SIZE = 1200  # bytes of a statement
LEARNERS = 3000
RUN = 12  # answers in a row
AUTHORIZATION = "Basic " + base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
_ALL = {**HEADERS, "Authorization": AUTHORIZATION, "Content-Type": "application/json"}


class Served(Protocol):
    """Something that accepts statements, in either runtime."""

    @property
    def base(self) -> str: ...

    def wait(self, *, seconds: float) -> None: ...


def bodies(seed: int, requests: int, batch: int, run: int = RUN) -> list[bytes]:
    """Request bodies, made beforehand so that making them is not measured; each learner's events are in order.

    `run`: answers that a learner gives in a row on one skill (1: the worst case, every event another learner's).
    """
    draw = random.Random(seed)
    pad: dict[str, Any] = {}
    made = []
    learner, skill = 0, 0
    for n in range(requests):
        statements = []
        for index in range(batch):
            if (n * batch + index) % run == 0:
                learner, skill = draw.randrange(LEARNERS), draw.randrange(50)
            at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_770_000_000 + n * batch + index))
            statement = answered(
                f"learner-{seed}-{learner}",
                f"item-{draw.randrange(500)}",
                draw.random() < 0.65,
                (f"skill-{skill}",),
                f"{at}.{draw.randrange(1000):03}Z",
                str(uuid.UUID(int=draw.getrandbits(128), version=4)),
            )
            if not pad:
                missing = SIZE - len(orjson.dumps(statement)) - 60
                pad = {"https://school.example/extensions/client": "x" * max(0, missing)}
            statement["context"]["extensions"] = pad
            statements.append(statement)
        made.append(orjson.dumps(statements if batch > 1 else statements[0]))
    return made


async def _send(base: str, made: list[bytes], connections: int, pause: float) -> list[float]:
    """Seconds of every request; one is due every `pause` seconds (0: as fast as they are answered)."""
    waiting = enumerate(made)
    taken: list[float] = []
    began = time.perf_counter()

    async def one(session: aiohttp.ClientSession) -> None:
        for n, body in waiting:
            await asyncio.sleep(max(0.0, began + n * pause - time.perf_counter()))
            started = time.perf_counter()
            while True:
                async with session.post(f"{base}/xAPI/statements", data=body, headers=_ALL) as answer:
                    await answer.read()
                    if answer.status == 200:
                        break
                    assert answer.status in (503, 507), await answer.text()
                await asyncio.sleep(0.05)
            taken.append(time.perf_counter() - started)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=connections)) as session:
        await asyncio.gather(*(one(session) for _ in range(connections)))
    return taken


class Load(NamedTuple):
    """What is sent: so many requests of `batch` statements, one due every `pause` seconds (0: as they are answered)."""

    seed: int
    requests: int
    batch: int
    connections: int
    run: int = RUN
    pause: float = 0.0


def send(base: str, load: Load, made: Any, ready: Any, results: Any) -> None:
    """Runs in its own process: makes the bodies, signals, waits for the start, and gives seconds per request."""
    sent = bodies(load.seed, load.requests, load.batch, load.run)
    made.set()
    ready.wait()
    results.put(asyncio.run(_send(base, sent, load.connections, load.pause)))


async def _lags(base: str, stop: Any, results: Any, rest: float) -> None:
    """event → queryable: from a POST's answer until everything up to it is projected; `rest` seconds between two."""
    lags = []
    async with aiohttp.ClientSession() as session:
        n = 0
        while not stop.is_set():
            n += 1
            # Another item each time: the same answer within half a second would be one attempt.
            body = orjson.dumps(
                answered("probe", f"probe-{n}", timestamp=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
            )
            started = time.perf_counter()
            async with session.post(f"{base}/xAPI/statements", data=body, headers=_ALL) as answer:
                id_ = (await answer.json())[0]
            page = f"{base}/pacing/learners/account:https://school.example%7Cprobe"
            while True:
                async with session.get(page, headers=_ALL) as answer:
                    found = await answer.json() if answer.status == 200 else {"skills": []}
                if found["skills"] and found["skills"][0]["attempts"] >= n:
                    break
                await asyncio.sleep(0.1)  # asking is work too: more often would measure itself
            assert id_
            lags.append(time.perf_counter() - started)
            await asyncio.sleep(rest)
    results.put(lags)


def _probe(base: str, stop: Any, results: Any, rest: float) -> None:
    asyncio.run(_lags(base, stop, results, rest))


def measure(
    server: Served,
    statements: int,
    batch: int,
    connections: int,
    seed: int,
    run: int,
    rate: int = 0,
    probe_rest: float = 0.1,
) -> dict[str, Any]:
    """One load: statements/s acknowledged and projected, request times, and event → queryable, in seconds.

    rate: statements/s to send (0: as fast as they are acknowledged); probe_rest: seconds between two looks at how soon
    an event can be queried, which read pages of a learner.
    """
    made, ready, stop = (multiprocessing.Event() for _ in range(3))
    results: Any = multiprocessing.Queue()
    lags: Any = multiprocessing.Queue()
    requests = statements // batch
    load = Load(seed, requests, batch, connections, run, batch / rate if rate else 0.0)
    sender = multiprocessing.Process(target=send, args=(server.base, load, made, ready, results))
    probe = multiprocessing.Process(target=_probe, args=(server.base, stop, lags, probe_rest))
    sender.start()
    made.wait()
    probe.start()
    started = time.perf_counter()
    ready.set()
    taken = sorted(results.get())
    acknowledged = time.perf_counter() - started
    stop.set()
    lag = sorted(lags.get())
    server.wait(seconds=600)
    projected = time.perf_counter() - started
    return {
        "statements": requests * batch,
        "batch": batch,
        "connections": connections,
        "run": run,
        "rate": rate,
        "acknowledged_per_second": round(requests * batch / acknowledged),
        "projected_per_second": round(requests * batch / projected),
        "request_p50_ms": round(statistics.median(taken) * 1e3, 1),
        "request_p99_ms": round(taken[int(len(taken) * 0.99)] * 1e3, 1),
        "queryable_p50_s": round(statistics.median(lag), 3),
        "queryable_p95_s": round(lag[int(len(lag) * 0.95)], 3),
    }


@click.command()
@click.option("--statements", default=100_000, show_default=True)
@click.option("--singles", default=15_000, show_default=True)
@click.option("--run", default=RUN, show_default=True, help="Answers a learner gives in a row; 1 is the worst case.")
@click.option("--rate", default=0, show_default=True, help="Statements/s of the batches; 0: as fast as can be.")
@click.option("--data", type=click.Path(path_type=Path), default=None)
def main(statements: int, singles: int, run: int, rate: int, data: Path | None) -> None:
    """Batches of 100 over 4 connections, then single statements over 8."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(data or Path(folder), free_port())
        try:
            server.start()
            found = [
                measure(server, statements, 100, 4, int(time.time()), run, rate),
                measure(server, singles, 1, 8, os.getpid(), run),
            ]
        finally:
            if server.process is not None:
                server.stop()
    print_json(found)


if __name__ == "__main__":
    main()
