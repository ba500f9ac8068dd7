"""How fast questions are answered with many statements stored: `python -m benchmarks.queries --statements 1000000`.

With --data, a folder that is kept: it is loaded once and asked again each time.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson

from benchmarks.load import AUTHORIZATION, LEARNERS, RUN, measure
from benchmarks.reader import rendered, together
from lrs.cli.answering import print_json
from tests.support.server import HEADERS, Server, free_port
from tests.support.statements import key, learner, skill

SEED = 11
_STATEMENTS = "/xAPI/statements"
_HEADERS = {**HEADERS, "Authorization": AUTHORIZATION}
CLASS = [LEARNERS // 2 + n for n in range(30)]


def questions(server: Server, ids: list[str], readers: int, rate: float) -> dict[str, Any]:
    """Every question, by one reader; by id and by agent also by `readers` at once, and at a pace."""
    draw = random.Random(1)

    def by_id() -> bytes:
        return rendered(_STATEMENTS, {"statementId": draw.choice(ids)}, _HEADERS)

    def by_agent() -> bytes:
        agent = orjson.dumps(learner(f"learner-{SEED}-{draw.randrange(LEARNERS)}")).decode()
        return rendered(_STATEMENTS, {"agent": agent, "limit": "50"}, _HEADERS)

    def board(path: str) -> Callable[[], bytes]:
        return lambda: rendered(path, {}, _HEADERS)

    def ask(question: Callable[[], bytes], times: int, readers: int = 1, rate: float = 0) -> dict[str, float]:
        taken = together(server.port, [[question() for _ in range(times)] for _ in range(readers)], rate)
        return {
            "p50_ms": round(statistics.median(taken), 2),
            "p99_ms": round(taken[int(len(taken) * 0.99)], 2),
            "requests": len(taken),
        }

    ask(by_agent, 50), ask(by_id, 50)  # the first of each open files and load code
    return {
        "by id": ask(by_id, 2000),
        "by agent, limit 50": ask(by_agent, 500),
        "class board, 30 × 50": ask(board("/pacing/classes/bench"), 200),
        "class board page": ask(board("/board/classes/bench"), 50),
        f"by id, {readers} readers": ask(by_id, 500, readers),
        f"by agent, {readers} readers": ask(by_agent, 250, readers),
        f"by id, {readers} readers, each {rate:g}/s": ask(by_id, round(rate * 20), readers, rate),
        f"by agent, {readers} readers, each {rate:g}/s": ask(by_agent, round(rate * 20), readers, rate),
    }


def enrol(server: Server) -> None:
    """A class of 30 learners whose board shows 50 skills."""
    members = [{"learner": key(f"learner-{SEED}-{n}"), "name": f"Learner {n}"} for n in CLASS]
    shown = [skill(f"skill-{n}") for n in range(50)]
    change = {"kind": "class", "id": "bench", "name": "Bench", "learners": members, "skills": shown}
    with server.client() as client:
        assert client.post("/catalog", json=[change]).status_code == 200


def _ids(server: Server) -> list[str]:
    """The ids of the 10,500 statements that were stored last."""
    with server.client() as client:
        page = client.get(_STATEMENTS, params={"limit": "500"})
        ids = [s["id"] for s in page.json()["statements"]]
        for _ in range(20):
            page = client.get(page.json()["more"])
            ids += [s["id"] for s in page.json()["statements"]]
    return ids


@click.command()
@click.option("--statements", default=1_000_000, show_default=True)
@click.option("--readers", default=8, show_default=True)
@click.option("--rate", default=25.0, show_default=True, help="Requests/s of each reader, where they keep a pace.")
@click.option("--run", default=RUN, show_default=True, help="Answers a learner gives in a row; 1 is the worst case.")
@click.option("--data", type=click.Path(path_type=Path), default=None, help="A store to load once and to keep.")
def main(statements: int, readers: int, rate: float, run: int, data: Path | None) -> None:
    """Load, wait until all is projected, then ask."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(data or Path(folder), free_port())
        loaded: dict[str, Any] = {}
        fresh = data is None or not (data / "log").exists()
        try:
            server.start()
            if fresh:
                enrol(server)
                loaded = measure(server, statements, 100, 4, SEED, run)
            found = questions(server, _ids(server), readers, rate)
        finally:
            if server.process is not None:
                server.stop()
    print_json({"loaded": loaded, "questions": found})


if __name__ == "__main__":
    main()
