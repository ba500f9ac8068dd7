"""What the folds of mastery and engagement cost an observation, by themselves: `python -m benchmarks.folds`.

Learners answer ten times a day, one skill or each time another of fifty, and the rows that changed are made every so
many answers, as after each batch. Nothing is read or written; time is that of the processor. `--profile` says where
it goes.
"""

from __future__ import annotations

import cProfile
import gc
import pstats
import random
import time
from collections.abc import Callable

import click

from lrs.cli.answering import print_json
from processors.folds.engagement import Engagement
from processors.folds.interface import Fold
from processors.folds.mastery import Mastery
from schemas.evidence import Evidence
from schemas.observation import Kind

_SECOND = 1_000_000  # µs
_DAY = 86_400 * _SECOND
_START = 20_000  # days since the epoch
_A_DAY = 10  # answers


def answers(draw: random.Random, count: int, skills: int) -> list[Evidence]:
    """Those of one learner, who answers seven of ten right."""
    return [_answer(draw, n, draw.randrange(skills)) for n in range(count)]


def _answer(draw: random.Random, n: int, skill: int) -> Evidence:
    day, of_day = _START + n // _A_DAY, n % _A_DAY
    at = day * _DAY + of_day * 60 * _SECOND
    return Evidence(
        time=at,
        sent=at,
        statement=f"statement-{n}",
        ordinal=0,
        kind=Kind.ATTEMPT,
        verb="http://adlnet.gov/expapi/verbs/answered",
        item=f"item-{skill}-{draw.randrange(20)}",
        skills=(f"skill-{skill}",),
        outcome=float(draw.random() < 0.7),
        duration=20.0,
        session=of_day == 0,
        day=day,
        active=((day, 60 * _SECOND),),
    )


def cost(fold: Fold, learners: list[list[Evidence]], rows_every: int) -> float:
    """µs of CPU an observation, with its share of the rows."""
    gc.collect()
    began = time.process_time()
    for history in learners:
        state = fold.start()
        for n, evidence in enumerate(history, 1):
            fold.step(state, evidence)
            if n % rows_every == 0:
                fold.drain(state)
    return (time.process_time() - began) * 1e6 / sum(map(len, learners))


def _profiled(run: Callable[[], object]) -> None:
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(run)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(20)


@click.command()
@click.option("--learners", default=200, show_default=True)
@click.option("--answers", "of_each", default=120, show_default=True, help="Of each learner.")
@click.option("--rows-every", default=12, show_default=True, help="Answers between the rows.")
@click.option("--runs", default=5, show_default=True, help="Of which the median is shown.")
@click.option("--profile", is_flag=True, help="Print where the time of mastery goes, with fifty skills.")
def main(learners: int, of_each: int, rows_every: int, runs: int, profile: bool) -> None:
    """Fold made-up answers, several times."""
    draw = random.Random(5)
    loads = {
        "one skill": [answers(draw, of_each, 1) for _ in range(learners)],
        "fifty skills": [answers(draw, of_each, 50) for _ in range(learners)],
    }
    if profile:
        _profiled(lambda: cost(Mastery(), loads["fifty skills"], rows_every))
    found: dict[str, dict[str, float]] = {}
    for name, load in loads.items():
        costs = {
            fold.name: sorted(cost(fold, load, rows_every) for _ in range(runs))[runs // 2]
            for fold in (Mastery(), Engagement())
        }
        found[name] = {of: round(us, 1) for of, us in {**costs, "together": sum(costs.values())}.items()}
    print_json({"cpu_us_an_observation": found})


if __name__ == "__main__":
    main()
