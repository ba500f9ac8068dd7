"""How long plans of a day take, how good they are, how much an absence changes, and how many rules the independent
checker of the tests finds broken. Prints a Markdown table.

python -m benchmarks.plans sizes      # 70 and 5,000 learners, and an absence in each
python -m benchmarks.plans long       # of some schools: the plan of two seconds against that of ten minutes
"""

from __future__ import annotations

import resource
import time
from dataclasses import replace

import click

from lrs.timetabling.day import DayToPlan
from lrs.timetabling.make import SECONDS, MadePlan, make_plan
from lrs.timetabling.plan import Key, Place, places
from tests.lrs.timetabling.checker import broken
from tests.support.days import school

LARGE_SECONDS = 40.0


@click.group()
def main() -> None:
    """Measure plans."""


@main.command()
def sizes() -> None:
    """Time and fill by size, and what an absence changes."""
    make_plan(school(0, 10), 0.1)  # what is imported once
    click.echo("| school | s | CPU s | filled | at most lost | absence: s | CPU s | others moved | rules broken |")
    click.echo("|---|---|---|---|---|---|---|---|---|")
    for seed, learners, seconds in ((1, 70, SECONDS), (2, 70, SECONDS), (3, 70, SECONDS), (1, 5000, LARGE_SECONDS)):
        day = school(seed, learners)
        took, cpu, made = _timed(day, seconds)
        before = places(made.plan)
        cells = sum(len(slots) for slots in day.free.values())
        for who in (day.learners[0].id, day.adults[0].id):
            gone = replace(day, absent=frozenset({who}))
            again_took, again_cpu, again = _timed(gone, SECONDS, before)
            others = {k: p for k, p in before.items() if k[0] != who and made.plan.cells[k].adult != who}
            after = places(again.plan)
            rules = len(broken(day, made.plan)) + len(broken(gone, again.plan))
            moved = sum(after.get(key) != place for key, place in others.items()) / len(others)
            what = "learner" if who.startswith("l") else "adult"
            click.echo(
                f"| {learners:,} ({seed}) | {took:.2f} | {cpu:.2f} | {len(before) / cells:.1%} | {made.gap:.2%} "
                f"| {what}: {again_took:.2f} | {again_cpu:.2f} | {moved:.2%} | {rules} |"
            )


@main.command()
@click.option("--schools", default=3)
@click.option("--seconds", default=600.0)
def long(schools: int, seconds: float) -> None:
    """The plan that is made in two seconds against the best of a long search."""
    make_plan(school(0, 10), 0.1)
    click.echo("| school | greedy and search | after a long search | lost |\n|---|---|---|---|")
    for seed in range(schools):
        for ample in (True, False):
            day = school(100 + seed, 70, ample=ample)
            short = make_plan(day, SECONDS)
            best = make_plan(day, seconds)
            kind = "ample" if ample else "scarce"
            click.echo(f"| {kind} {seed} | {short.worth} | {best.worth} | {1 - short.worth / best.worth:.2%} |")


def _timed(day: DayToPlan, seconds: float, before: dict[Key, Place] | None = None) -> tuple[float, float, MadePlan]:
    start, used = time.monotonic(), _cpu()
    made = make_plan(day, seconds, before)
    return time.monotonic() - start, _cpu() - used, made


def _cpu() -> float:
    found = resource.getrusage(resource.RUSAGE_SELF)
    return found.ru_utime + found.ru_stime


if __name__ == "__main__":
    main()
