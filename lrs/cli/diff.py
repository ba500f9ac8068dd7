"""`lrs diff`: which decisions the table that a replay left beside the live one would change, and why."""

from __future__ import annotations

import click
from rich.console import Console

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.clock import system_time
from lrs.models.decision_differences import DecisionDifferences, compare_tables
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from lrs.store.client import StoreRefused
from lrs.store.projections import replay_table
from processors.folds.mastery import Mastery

_PRINTED_DIFFERENCES = 20


@click.command()
@runtime_options
@tenant_option
@json_option
def diff(runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Say which decisions change by the rows that `lrs replay mastery --model …` left beside the live ones, and why."""
    with open_parts(runtime) as parts:
        catalog = parts.catalogs.latest(tenant)
        beside = replay_table(Mastery())
        try:
            differences = compare_tables(parts.store, catalog, tenant, Mastery.name, beside, system_time())
        except StoreRefused as error:
            fail(f"{error}: run `lrs replay mastery --model …` first", exits.NOT_FOUND)
    if as_json:
        print_json(differences.as_json())
    else:
        print_differences(differences)


def print_differences(differences: DecisionDifferences) -> None:
    """How many decisions change, by what into what, and some of them with their reasons."""
    console = Console()
    console.print(
        f"{differences.changed.total():,} of {counted(differences.decisions, 'decision changes', 'decisions change')}, "
        f"of {counted(differences.learners, 'learner')}",
        highlight=False,
    )
    for (before, after), count in differences.changed.most_common():
        console.print(f"  {before} → {after}: {count:,}", highlight=False, markup=False)
    if not differences.shown:
        return
    change_rows = []
    for decision_change in differences.shown[:_PRINTED_DIFFERENCES]:
        now_and_then = [
            f"{decision_change[when]['decision']}: {decision_change[when]['reason']}" for when in ("before", "after")
        ]
        change_rows.append(
            (
                decision_change["learner"],
                decision_change["skill"] + (" (overruled)" if decision_change["overruled"] else ""),
                *now_and_then,
            )
        )
    print_table(("learner", "skill", "now", "then"), change_rows)
    if differences.changed.total() > _PRINTED_DIFFERENCES:
        console.print(
            f"… and {differences.changed.total() - _PRINTED_DIFFERENCES:,} more; --json has {len(differences.shown):,}",
            highlight=False,
        )
