"""How long the server works on a page: `python -m benchmarks.pages`.

The largest page of a class (35 learners, 60 skills), or with --school that of a school of 5,000 learners in 180
classes, asked for again and again: milliseconds of the wall clock, queries included, and bytes as sent.
"""

from __future__ import annotations

import gzip
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import click
import numpy as np

from lrs.cli.answering import print_json
from lrs.store.client import Store
from processors.stages.decide import TYPES
from schemas.catalog import Class, Member, Skill
from schemas.days import DAY
from schemas.decision import Decision
from tests.support.classroom import NOW, Classroom, ask
from tests.support.engine import running

LEARNERS, SKILLS, MEASURED = 35, 60, 20
SCHOOL, CLASSES, TAUGHT = 5_000, 180, 35  # learners, classes, and skills of each


def key(number: int) -> str:
    return f"account:https://school.example|7a-{number:02}"


def class_page(store: Store) -> tuple[Classroom, str]:
    """A class, and the path of its page."""
    room = Classroom(store, uuid.uuid4().hex)
    _teach(room, {"7a": range(LEARNERS)}, SKILLS)
    shown = [(number, at) for number in range(LEARNERS) for at in range(MEASURED)]
    room.masteries([(key(n), f"s{at}", ((n * 7 + at * 13) % 50 + 50) / 100, {"ago": 5}) for n, at in shown])
    return room, "/board/classes/7a"


def school_page(store: Store) -> tuple[Classroom, str]:
    """A school in which everything is decided, and the path of its page."""
    room = Classroom(store, uuid.uuid4().hex)
    members = {f"c{at}": range(at, SCHOOL, CLASSES) for at in range(CLASSES)}
    _teach(room, members, TAUGHT)
    person, decisions = room.catalog.people.person, list(map(str, Decision))
    shown = [(class_, n, at) for class_, numbers in members.items() for n in numbers for at in range(TAUGHT)]
    columns: dict[str, list[Any]] = {name: ["" if "String" in kind else 0] * len(shown) for name, kind in TYPES.items()}
    columns["tenant"] = [room.tenant] * len(shown)
    columns["learner"] = [person(key(n)) for _, n, _ in shown]
    columns["skill"], columns["class"] = [f"s{at}" for _, _, at in shown], [class_ for class_, _, _ in shown]
    columns["decision"] = [decisions[(n + at) % len(decisions)] for _, n, at in shown]
    columns["attempts"] = [(n + at) % 9 for _, n, at in shown]
    columns["since"] = columns["last_time"] = [NOW - (n + at) % 30 * DAY for _, n, at in shown]
    store.insert("decisions", list(TYPES), list(TYPES.values()), list(columns.values()))
    return room, "/board"


def _teach(room: Classroom, members: dict[str, range], skills: int) -> None:
    for number in range(skills):
        room.change(Skill(id=f"s{number}", name=f"Skill number {number}"))
    for class_, numbers in members.items():
        learners = [Member(learner=key(number), name=f"Learner {number:02}") for number in numbers]
        room.change(
            Class(id=class_, name=f"Class {class_}", learners=learners, skills=[f"s{n}" for n in range(skills)])
        )


@click.command(help=__doc__)
@click.option("--school", is_flag=True)
@click.option("--times", default=100, show_default=True)
def main(school: bool, times: int) -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as store:
        room, path = school_page(store) if school else class_page(store)
        deps, taken, cpu = room.deps(), [], []
        for _ in range(times):
            begun, used = time.perf_counter(), time.process_time()
            content = ask(deps, "GET", path).content
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
