"""`lrs replay`: rebuild a projection beside the live table, and swap."""

from __future__ import annotations

import click

from lrs import exits
from lrs.cli.options import fail, print_json
from lrs.cli.parts import opened
from lrs.cli.progress import bar
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from processors.folds.registry import folds
from processors.runtime.replay import Stalled, StillAdmitting


@click.command()
@click.argument("projection")
@runtime_options
@click.option("--verify", is_flag=True, help="Compare with the live table first; where they differ, do not swap.")
@json_option
def replay(projection: str, runtime: Runtime, verify: bool, as_json: bool) -> None:
    """Rebuild PROJECTION (mastery, engagement, an installed fold) from the history while writes go on; swap it in."""
    fold = next((fold for fold in folds() if fold.name == projection), None)
    if fold is None:
        names = ", ".join(fold.name for fold in folds())
        fail(f"there is no projection {projection!r}: {names} can be replayed", exits.NOT_FOUND)
    with opened(runtime) as parts, bar(as_json) as shown:
        task = shown.add_task("learners")

        def progress(done: int, of: int) -> None:
            shown.update(task, completed=done, total=of)

        try:
            done = parts.mode.replay(fold, verify, progress)
        except Stalled as error:
            fail(f"{error} Start `lrs serve` or `lrs worker project`", exits.UNAVAILABLE)
        except StillAdmitting:
            fail(
                "stop every `lrs worker admit` first (what is sent waits in the log), and start them after", exits.TAKEN
            )
    if as_json:
        print_json(
            {
                "projection": projection,
                "learners": done.learners,
                "seconds": round(done.seconds, 3),
                "swapped": done.swapped,
                "differing": done.differing,
            }
        )
    else:
        equal = {None: "", 0: "; equal to the live table"}.get(done.differing, f"; {done.differing} learners differ")
        swapped = "swapped in" if done.swapped else "NOT swapped in"
        click.echo(f"{projection}: {done.learners:,} learners rebuilt in {done.seconds:.1f} s, {swapped}{equal}")
    if done.differing:
        raise SystemExit(exits.WRONG)
