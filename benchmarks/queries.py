"""How fast questions are answered with many statements stored: `python -m benchmarks.queries --statements 1000000`."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import click
import httpx
import orjson

from benchmarks.load import AUTHORIZATION, LEARNERS, measure
from lrs.cli.options import print_json
from tests.support.server import HEADERS, Server, free_port
from tests.support.statements import key, learner, skill

SEED = 11
_STATEMENTS = "/xAPI/statements"
CLASS = [LEARNERS // 2 + n for n in range(30)]


def timed(ask: Callable[[], httpx.Response], times: int) -> dict[str, float]:
    """p50 and p99 in ms of `times` requests, one after another."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        answer = ask()
        taken.append((time.perf_counter() - started) * 1e3)
        assert answer.status_code == 200, answer.text
    taken.sort()
    return {"p50_ms": round(statistics.median(taken), 2), "p99_ms": round(taken[int(len(taken) * 0.99)], 2)}


async def _together(server: Server, asked: list[list[dict[str, str]]]) -> dict[str, float]:
    """p50 and p99 in ms of readers that each ask one question after another, all at once, from one event loop."""
    taken: list[float] = []

    async def reader(session: aiohttp.ClientSession, parameters: list[dict[str, str]]) -> None:
        for one in parameters:
            started = time.perf_counter()
            async with session.get(server.base + _STATEMENTS, params=one) as answer:
                await answer.read()
                assert answer.status == 200
            taken.append((time.perf_counter() - started) * 1e3)

    headers = {**HEADERS, "Authorization": AUTHORIZATION}
    async with aiohttp.ClientSession(headers=headers) as session:
        await asyncio.gather(*(reader(session, one) for one in asked))
    taken.sort()
    return {"p50_ms": round(statistics.median(taken), 2), "p99_ms": round(taken[int(len(taken) * 0.99)], 2)}


def questions(server: Server, ids: list[str], readers: int) -> dict[str, Any]:
    """Every question, by one reader; by id and by agent also by `readers` at once."""
    draw = random.Random(1)

    def by_id() -> dict[str, str]:
        return {"statementId": draw.choice(ids)}

    def by_agent() -> dict[str, str]:
        agent = orjson.dumps(learner(f"learner-{SEED}-{draw.randrange(LEARNERS)}")).decode()
        return {"agent": agent, "limit": "50"}

    def many(ask: Callable[[], dict[str, str]]) -> dict[str, float]:
        return asyncio.run(_together(server, [[ask() for _ in range(250)] for _ in range(readers)]))

    with server.client() as client:
        return {
            "by id": timed(lambda: client.get(_STATEMENTS, params=by_id()), 1000),
            "by agent, limit 50": timed(lambda: client.get(_STATEMENTS, params=by_agent()), 300),
            "class board, 30 × 50": timed(lambda: client.get("/pacing/classes/bench"), 200),
            "class board page": timed(lambda: client.get("/board/classes/bench"), 50),
            f"by id, {readers} readers": many(by_id),
            f"by agent, {readers} readers": many(by_agent),
        }


def enrol(server: Server) -> None:
    """A class of 30 learners whose board shows 50 skills."""
    members = [{"learner": key(f"learner-{SEED}-{n}"), "name": f"Learner {n}"} for n in CLASS]
    shown = [skill(f"skill-{n}") for n in range(50)]
    change = {"kind": "class", "id": "bench", "name": "Bench", "learners": members, "skills": shown}
    with server.client() as client:
        assert client.post("/catalog", json=[change]).status_code == 200


@click.command()
@click.option("--statements", default=1_000_000, show_default=True)
@click.option("--readers", default=8, show_default=True)
def main(statements: int, readers: int) -> None:
    """Load, wait until all is projected, then ask."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), free_port())
        try:
            server.start()
            enrol(server)
            loaded = measure(server, statements, 100, 4, SEED, 12)
            with server.client() as client:
                page = client.get("/xAPI/statements", params={"limit": "500"})
                ids = [s["id"] for s in page.json()["statements"]]
                for _ in range(20):
                    page = client.get(page.json()["more"])
                    ids += [s["id"] for s in page.json()["statements"]]
            found = questions(server, ids, readers)
        finally:
            if server.process is not None:
                server.stop()
    print_json({"loaded": loaded, "questions": found})


if __name__ == "__main__":
    main()
