"""How long the server works on a page: `python -m benchmarks.pages [class | learner | next | school]`.

The largest page of a class (35 learners, 60 skills), that of one of its learners, the JSON of what comes next for one,
or the page of a school of 5,000 learners in 180 classes with 1,000,000 answers, asked for again and again: milliseconds
of the wall clock, queries included; milliseconds of CPU of the API and of the engine; and bytes as sent.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import os
import random
import tempfile
import time
import uuid
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import httpx
import numpy as np

from benchmarks import cpu
from lrs.catalog.versions import active_weights
from lrs.cli.answering import print_json
from lrs.store.client import Store
from processors.folds.mastery import Mastery
from processors.stages.decision_table import TYPES
from schemas.catalog import Activity, Class, Member, Skill
from schemas.days import DAY
from schemas.decision import Decision
from schemas.evidence import Evidence
from schemas.material import Material
from schemas.observation import Kind
from schemas.people import MINUTE
from tests.support.classroom import NOW, Classroom, application
from tests.support.engine import running

SEED = 11
LEARNERS, SKILLS, MEASURED = 35, 60, 20  # measured: skills that learners have begun
SCHOOL, CLASSES, TAUGHT = 5_000, 180, 35  # learners, classes, and skills of each
ANSWERS, WORKED = 1_000_000, 40  # of the school; days of each learner
ITEMS, ANSWERED = 5, 8  # of each skill of the class; and how many answers each learner gave on one
UNTAUGHT = 997  # of so many answers, one teaches no skill
WARM = 3  # pages asked for before it is measured

_ANSWERED = """
INSERT INTO observations (tenant, learner, person, time, statement, ordinal, kind, item, skills, outcome, version)
SELECT '{tenant}', concat('person', toString(number % {learners})) AS learner, learner, {now} - number * 1000000,
  toString(number), 0, 'attempt', concat('https://items.example/', toString(number % 500)),
  if(number % {untaught} > 0, [concat('s', toString(number % {skills}))], []), 1.0, number
FROM numbers({answers})
"""
_WORKED = """
INSERT INTO engagement (tenant, learner, key, minutes, attempts, last_seen, version)
SELECT '{tenant}', learner, if(day > 0, toString(toDate({now} / 1000000) - day), '') AS key, 10, 5,
  {now} - day * {day_us}, 1
FROM (SELECT arrayJoin({persons}) AS learner, arrayJoin(range({days} + 1)) AS day)
"""


def key(number: int) -> str:
    return f"account:https://school.example|7a-{number:02}"


def class_page(store: Store) -> tuple[Classroom, str]:
    """A class, and the path of its page."""
    room = Classroom(store, uuid.uuid4().hex)
    _teach(room, {"7a": range(LEARNERS)}, SKILLS)
    for skill in range(SKILLS):
        for item in range(ITEMS):
            room.change(Activity(id=f"https://items.example/{skill}/{item}", skills=[f"s{skill}"]))
            room.change(Material(id=f"https://items.example/{skill}/{item}"))
    _answer(room)
    _work(room, range(LEARNERS))
    return room, "/board/classes/7a"


def _answer(room: Classroom) -> None:
    """Fold answers of each learner in, on the first skills: the higher the number, the more of them are right."""
    fold, draw = Mastery(active_weights(room.catalog)), random.Random(SEED)
    rows: list[tuple[Any, ...]] = []
    for number in range(LEARNERS):
        state = fold.start()
        for at in range(ANSWERED):
            for skill in range(MEASURED):
                time = NOW - (ANSWERED - at) * DAY + skill * MINUTE
                right = float(draw.random() < 0.3 + 0.6 * number / LEARNERS)
                item, own = f"https://items.example/{skill}/{at % ITEMS}", (f"s{skill}",)
                fold.step(state, Evidence(time, time, f"{at}-{skill}", 0, Kind.ATTEMPT, "", item, own, right))
        of_whom = room.tenant, room.catalog.people.person(key(number))
        rows += [(*of_whom, skill, b64encode(kept), *values, 1) for skill, kept, *values in fold.drain(state)]
    types = {"tenant": "String", "learner": "String", "key": "String", "state": "String"}
    types |= {**fold.column_types, "version": "UInt64"}
    room.store.insert("mastery", list(types), list(types.values()), list(zip(*rows, strict=True)))


def learner_page(store: Store) -> tuple[Classroom, str]:
    """A class, and the path of the page of one of its learners."""
    return class_page(store)[0], f"/board/learners/{quote(key(7), safe='')}"


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
    said = {"tenant": room.tenant, "learners": SCHOOL, "now": NOW, "skills": TAUGHT}
    store.command(_ANSWERED.format(**said, untaught=UNTAUGHT, answers=ANSWERS))
    _work(room, range(SCHOOL))
    return room, "/board"


def next_answer(store: Store) -> tuple[Classroom, str]:
    """A class, and the path of what comes next for one of its learners."""
    return class_page(store)[0], f"/pacing/learners/{quote(key(7), safe='')}/next"


PAGES = {"class": class_page, "learner": learner_page, "next": next_answer, "school": school_page}


def _work(room: Classroom, numbers: range) -> None:
    for first in range(0, len(numbers), 500):
        persons = [room.catalog.people.person(key(number)) for number in numbers[first : first + 500]]
        said = {"tenant": room.tenant, "persons": persons, "now": NOW, "days": WORKED, "day_us": DAY}
        room.store.command(_WORKED.format(**said))


def _teach(room: Classroom, members: dict[str, range], skills: int) -> None:
    for number in range(skills):
        room.change(Skill(id=f"s{number}", name=f"Skill number {number}"))
    for class_, numbers in members.items():
        learners = [Member(learner=key(number), name=f"Learner {number:02}") for number in numbers]
        room.change(
            Class(id=class_, name=f"Class {class_}", learners=learners, skills=[f"s{n}" for n in range(skills)])
        )


async def measure(room: Classroom, path: str, times: int) -> dict[str, Any]:
    """What a page takes and costs, of an application that has answered before."""
    transport, taken = httpx.ASGITransport(application(room.deps())), []
    async with httpx.AsyncClient(transport=transport, base_url="http://pacer.example") as client:
        for at in range(WARM + times):
            if at == WARM:
                gc.freeze()  # as the API does
                all_before, own_before = cpu.seconds(os.getpid()), time.process_time()
            begun = time.perf_counter()
            answer = await client.get(path)
            taken.append((time.perf_counter() - begun) * 1e3)
            assert answer.status_code == 200, answer.text
    own = time.process_time() - own_before
    engine = cpu.seconds(os.getpid()) - all_before - own
    return {
        "p50_ms": round(float(np.percentile(taken[WARM:], 50)), 1),
        "p95_ms": round(float(np.percentile(taken[WARM:], 95)), 1),
        "api_cpu_ms": round(own / times * 1e3, 1),
        "engine_cpu_ms": round(engine / times * 1e3, 1),
        "bytes": len(answer.content),
        "bytes_gzip": len(gzip.compress(answer.content)),
    }


@click.command(help=__doc__)
@click.argument("page", type=click.Choice(list(PAGES)), default="class")
@click.option("--times", default=100, show_default=True)
def main(page: str, times: int) -> None:
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as store:
        room, path = PAGES[page](store)
        found = asyncio.run(measure(room, path, times))
    print_json({"load_average": round(os.getloadavg()[0], 1), **found})


if __name__ == "__main__":
    main()
