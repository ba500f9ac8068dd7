"""`lrs replay`: rebuild a projection beside the live table, and swap."""

from __future__ import annotations

import click

from lrs import exits
from lrs.catalog.versions import ActiveWeights, UnknownModelVersion, weights_of
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import Parts, open_parts
from lrs.cli.progress import bar
from lrs.extras import needs
from lrs.models.activation import fold_beside
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from lrs.store.replay_turn import ReplayUnderWay
from processors.folds.interface import Fold
from processors.folds.mastery import Mastery
from processors.folds.registry import fold_names
from processors.mastery.model import Model
from processors.runtime.hold import Stalled
from processors.runtime.replay import NOTHING, AroundSwap

RIVALS = ("bkt", "pfa")


@click.command()
@click.argument("projection")
@runtime_options
@click.option(
    "--model",
    metavar="VERSION|bkt|pfa",
    help="Build the tenant's rows of mastery by another model beside the live ones, for `lrs diff`; no swap.",
)
@click.option("--verify", is_flag=True, help="Compare with the live table first; where they differ, do not swap.")
@tenant_option
@json_option
def replay(projection: str, model: str | None, runtime: Runtime, verify: bool, tenant: str, as_json: bool) -> None:
    """Rebuild PROJECTION (the name of a fold) from the history while writes go on; swap it in."""
    if projection not in fold_names():
        fail(f"there is no projection {projection!r}: {', '.join(fold_names())} can be replayed", exits.NOT_FOUND)
    if model and (verify or projection != Mastery.name):
        fail("--model is for mastery, and without --verify: the rows are meant to differ", exits.USAGE)
    with open_parts(runtime) as parts, bar(as_json) as progress_bar:
        fold = next(fold for fold in parts.mode.folds() if fold.name == projection)
        swap = NOTHING
        if model:
            fold, swap = _fold_beside(parts, tenant, model), AroundSwap(agreed=lambda: False, kept=True)
        task = progress_bar.add_task("learners")

        def progress(done: int, of: int) -> None:
            progress_bar.update(task, completed=done, total=of)

        try:
            done = parts.mode.replay(fold, verify, progress, swap)
        except Stalled as error:
            fail(f"{error} Start `lrs serve` or `lrs worker project`", exits.UNAVAILABLE)
        except ReplayUnderWay as error:
            fail(str(error), exits.TAKEN)
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
        equal = ""
        if done.differing is not None:
            differing = counted(done.differing, "learner differs", "learners differ")
            equal = f"; {differing}" if done.differing else "; equal to the live table"
        swapped = "swapped in" if done.swapped else "NOT swapped in"
        swapped = "beside the live table: see `lrs diff`" if model else swapped
        click.echo(
            f"{projection}: {counted(done.learners, 'learner')} rebuilt in {done.seconds:.1f} s, {swapped}{equal}"
        )
    if done.differing:
        raise SystemExit(exits.WRONG)


def _fold_beside(parts: Parts, tenant: str, model: str) -> Fold:
    catalog = parts.catalogs.latest(tenant)
    if model not in RIVALS:
        try:
            return fold_beside(parts.catalogs, tenant, Model(weights_of(catalog, model)))
        except UnknownModelVersion as error:
            fail(f"{error}, nor is it one of {', '.join(RIVALS)}", exits.NOT_FOUND)
    with needs("fit"):
        from lrs.evaluation.history import read_history  # these take a while to load
        from processors.mastery.rivals import fit_rival
    try:
        answers = read_history(parts.store, tenant, catalog.people)
    except ValueError as error:
        fail(f"nothing to fit: {error}")
    active = ActiveWeights(parts.catalogs)(tenant)
    return fold_beside(parts.catalogs, tenant, fit_rival(model, answers, active))
