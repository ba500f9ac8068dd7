"""How fast it is said what comes next, while statements come in: `python -m benchmarks.next_items`.

Readers ask `GET /pacing/learners/{id}/next` once for every learner (then the store is asked), and then for learners
drawn at random, each at a pace, and each as fast as it is answered, while a sender keeps up its own pace. With --data,
a folder that is kept: it is loaded once.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import threading
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from benchmarks.load import AUTHORIZATION, LEARNERS, RUN, measure
from benchmarks.reader import rendered, together
from lrs.cli.answering import print_json
from tests.support.server import HEADERS, Server, free_port
from tests.support.statements import key, skill

SEED = 11
SKILLS, ITEMS, OF_CLASS = 50, 20, 30  # items are of each skill; learners of each class
_PROBE_REST = (
    1.0  # seconds: pages of a learner are no part of what is asked, and five a second took the engine a tenth of a core
)
_HEADERS = {**HEADERS, "Authorization": AUTHORIZATION}


def skills() -> list[dict[str, Any]]:
    """The skills, the first of which requires nothing, and each other one the two before it."""
    ids = [skill(f"skill-{n}") for n in range(SKILLS)]
    return [
        {"kind": "skill", "id": id_, "name": f"Skill {n}", "requires": ids[max(0, n - 2) : n]}
        for n, id_ in enumerate(ids)
    ]


def classes() -> list[dict[str, Any]]:
    """Every learner in a class."""
    ids = [skill(f"skill-{n}") for n in range(SKILLS)]
    found: list[dict[str, Any]] = []
    for first in range(0, LEARNERS, OF_CLASS):
        members = [{"learner": key(f"learner-{SEED}-{n}")} for n in range(first, first + OF_CLASS)]
        found.append({"kind": "class", "id": f"class-{first}", "learners": members, "skills": ids})
    return found


def enrol(server: Server) -> None:
    """Every learner in a class, and items that can be opened for each skill."""
    changes = skills()
    for id_ in [change["id"] for change in changes]:
        for n in range(ITEMS):
            changes.append({"kind": "activity", "id": f"{id_}/{n}", "skills": [id_]})
            changes.append({"kind": "material", "id": f"{id_}/{n}"})
    changes += classes()
    with server.client() as client:
        for at in range(0, len(changes), 500):
            answer = client.post("/catalog", json=changes[at : at + 500])
            assert answer.status_code == 200, answer.text


def question(number: int) -> bytes:
    """What comes next for one of the learners."""
    learner = quote(key(f"learner-{SEED}-{number}"), safe="")
    return rendered(f"/pacing/learners/{learner}/next", {}, _HEADERS)


def everybody(server: Server, readers: int) -> dict[str, Any]:
    """Times where each learner is asked for once, as fast as is answered."""
    return _times(together(server.port, [list(map(question, range(n, LEARNERS, readers))) for n in range(readers)], 0))


def questions(server: Server, readers: int, rate: float, seconds: float) -> dict[str, Any]:
    """Times of readers that ask at a pace (0: as fast as they are answered, as often as at 25/s)."""
    draw = random.Random(readers)
    count = round((rate or 25) * seconds)
    asked = [[question(draw.randrange(LEARNERS)) for _ in range(count)] for _ in range(readers)]
    return _times(together(server.port, asked, rate))


def _times(taken: list[float]) -> dict[str, Any]:
    return {
        "p50_ms": round(statistics.median(taken), 1),
        "p95_ms": round(taken[int(len(taken) * 0.95)], 1),
        "p99_ms": round(taken[int(len(taken) * 0.99)], 1),
        "requests": len(taken),
    }


@click.command()
@click.option("--statements", default=1_000_000, show_default=True)
@click.option("--readers", default=8, show_default=True)
@click.option("--rate", default=5.0, show_default=True, help="Requests/s of each reader, where they keep a pace.")
@click.option("--events", default=500, show_default=True, help="Statements/s that come in meanwhile.")
@click.option("--seconds", default=20.0, show_default=True, help="How long readers ask.")
@click.option("--data", type=click.Path(path_type=Path), default=None, help="A store to load once and to keep.")
def main(statements: int, readers: int, rate: float, events: int, seconds: float, data: Path | None) -> None:
    """Load, wait until all is projected, then ask while more comes in."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(data or Path(folder), free_port())
        fresh = data is None or not (data / "log").exists()
        meanwhile: dict[str, Any] = {}
        try:
            server.start()
            if fresh:
                enrol(server)
                measure(server, statements, 100, 4, SEED, RUN)
            found: dict[str, Any] = {"each learner for the first time": everybody(server, readers)}
            found["quiet"] = questions(server, readers, rate, seconds)

            def send() -> None:
                # The learners that are asked for; twice as long as readers ask, and a little more.
                count = round(events * (2 * seconds + 10))
                meanwhile.update(measure(server, count, 10, 4, SEED, RUN, events, _PROBE_REST))

            sender = threading.Thread(target=send)
            before = os.getloadavg()[0]
            sender.start()
            found[f"{readers} readers, each {rate:g}/s"] = questions(server, readers, rate, seconds)
            found[f"{readers} readers, as fast as answered"] = questions(server, readers, 0, seconds)
            sender.join()
        finally:
            if server.process is not None:
                server.stop()
    sent = {name: meanwhile[name] for name in ("acknowledged_per_second", "queryable_p50_s", "queryable_p95_s")}
    print_json({"statements": statements, "load_average_before": round(before, 1), "meanwhile": sent, "next": found})


if __name__ == "__main__":
    main()
