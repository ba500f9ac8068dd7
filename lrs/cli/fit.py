"""`lrs fit`: fit a model to a tenant's own history, and say what it would be worth."""

from __future__ import annotations

import getpass
import os
import threading
from pathlib import Path

import click
import msgspec

from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import ActiveWeights, keep_version, own_version
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import need_log, open_parts
from lrs.cli.tables import print_table
from lrs.clock import system_time
from lrs.exits import die_with_parent
from lrs.extras import needs
from lrs.processes.child import log_to_stderr, say_ready
from lrs.processes.modes import choose_mode
from lrs.processes.options import activate_option, json_option, runtime_options, tenant_option
from lrs.processes.runtime import WORK_SECONDS, Runtime

_NICENESS = 10  # what is acknowledged and shown goes first


@click.group()
def fit() -> None:
    """Fit a model to a tenant's own history."""


@fit.command()
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the new weights here as well, as JSON."
)
@runtime_options
@tenant_option
@json_option
def mastery(out: Path | None, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Fit the mastery model's weights to the tenant's answers, and judge them on learners held out.

    Beside them are the scores of the active version, on the same answers. The new version is kept in the log with this
    report, and nothing changes: decisions go on from the active version until `lrs activate`.
    """
    with needs("fit"):
        from lrs.evaluation.history import read_history  # these load numba, which takes a while
        from lrs.evaluation.tenant_fit import fit_own

    version = own_version(system_time())
    with open_parts(runtime) as parts:
        try:
            active = ActiveWeights(parts.catalogs)(tenant)
            people = parts.catalogs.latest(tenant).people
            own_fit = fit_own(read_history(parts.store, tenant, people), active, version)
        except ValueError as error:
            fail(f"nothing to fit: {error}")
        keep_version(parts.catalogs, tenant, getpass.getuser(), own_fit.weights, own_fit.report, system_time())
    if out is not None:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(own_fit.weights), indent=1) + b"\n")
    if as_json:
        print_json(own_fit.report)
        return
    report = own_fit.report
    slice_rows = []
    for row in report["rows"]:
        new, old = row[version], row[report["running"]]
        figures = [scored[name] for scored in (new, old) for name in ("auc", "log_loss", "ece")]
        slice_rows.append((row["slice"], f"{new['n']:,}", *(f"{figure:.3f}" for figure in figures)))
    number_columns = ("answers", "AUC", "log loss", "ECE", "active: AUC", "active: log loss", "active: ECE")
    title = f"{version}: {counted(report['answers'], 'answer')} of {counted(report['learners'], 'learner')}"
    print_table(
        ("slice", *number_columns),
        slice_rows,
        numbers=number_columns,
        title=title,
        caption="judged on learners held out",
    )
    click.echo(f"{version} is kept; `lrs activate {version}` shows what it would change, and asks")


@fit.command()
@activate_option
@click.option("--bound", is_flag=True, hidden=True, help="End when the process that started this one does.")
@runtime_options
@json_option
def weekly(activate_better: bool, bound: bool, runtime: Runtime, as_json: bool) -> None:
    """Fit every tenant's weights each week until SIGTERM, as `lrs serve --fit-weekly` and `lrs worker all --fit-weekly`
    do.

    A tenant is due a week after its last version. The new one is kept in the log with its report, as by
    `lrs fit mastery`, and is activated only with --activate-better. Run one process only. With --json every line of
    the output is a JSON object.
    """
    with needs("fit"):
        from lrs.evaluation.weekly import WeeklyFits

    log_to_stderr(as_json)
    if bound:
        die_with_parent()
    os.nice(_NICENESS)
    need_log(runtime)
    mode = choose_mode(runtime, runtime.answering_store(WORK_SECONDS))
    say_ready()
    try:
        # SIGTERM ends it at once: what is half done is done again at the next start, or was never seen.
        WeeklyFits(mode, Catalogs(mode.log), system_time, activate_better).run(threading.Event())
    finally:
        mode.log.close()
