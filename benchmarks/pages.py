"""How long the server works on the largest class page: `python -m benchmarks.pages`.

A class of 35 learners and 60 skills, asked for again and again: milliseconds of the wall clock, queries included, and
bytes as sent.
"""

from __future__ import annotations

import gzip
import tempfile
import time
import uuid
from pathlib import Path

import click
import numpy as np

from lrs.cli.options import print_json
from schemas.catalog import Class, Member, Skill
from tests.support.classroom import Classroom, ask
from tests.support.engine import running

LEARNERS, SKILLS, MEASURED = 35, 60, 20


def key(number: int) -> str:
    return f"account:https://school.example|7a-{number:02}"


@click.command(help=__doc__)
@click.option("--times", default=100, show_default=True)
def main(times: int) -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as store:
        room = Classroom(store, uuid.uuid4().hex)
        for number in range(SKILLS):
            room.change(Skill(id=f"s{number}", name=f"Skill number {number}"))
        members = [Member(learner=key(number), name=f"Learner {number:02}") for number in range(LEARNERS)]
        room.change(Class(id="7a", name="Class 7a", learners=members, skills=[f"s{n}" for n in range(SKILLS)]))
        shown = [(number, at) for number in range(LEARNERS) for at in range(MEASURED)]
        room.masteries([(key(n), f"s{at}", ((n * 7 + at * 13) % 50 + 50) / 100, {"ago": 5}) for n, at in shown])
        deps, taken, cpu = room.deps(), [], []
        for _ in range(times):
            begun, used = time.perf_counter(), time.process_time()
            content = ask(deps, "GET", "/board/classes/7a").content
            taken.append((time.perf_counter() - begun) * 1e3)
            cpu.append((time.process_time() - used) * 1e3)
    print_json(
        {
            "p50_ms": round(float(np.percentile(taken, 50)), 1),
            "p95_ms": round(float(np.percentile(taken, 95)), 1),
            "cpu_ms": round(float(np.median(cpu)), 1),
            "bytes": len(content),
            "bytes_gzip": len(gzip.compress(content)),
        }
    )


if __name__ == "__main__":
    main()
