"""`lrs diff`: which decisions the table that a replay left beside the live one would change, and why."""

from __future__ import annotations

import click
from rich.console import Console

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.clock import system_time
from lrs.models.decision_differences import DecisionDifferences, compare_tables
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from lrs.store.client import StoreRefused
from lrs.store.projections import replay_table
from processors.folds.mastery import Mastery

_SHOWN = 20


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
            found = compare_tables(parts.store, catalog, tenant, Mastery.name, beside, system_time())
        except StoreRefused as error:
            fail(f"{error}: run `lrs replay mastery --model …` first", exits.NOT_FOUND)
    if as_json:
        print_json(found.as_json())
    else:
        print_differences(found)


def print_differences(found: DecisionDifferences) -> None:
    """How many decisions change, by what into what, and some of them with their reasons."""
    console = Console()
    console.print(
        f"{found.changed.total():,} of {found.decisions:,} decisions change, of {found.learners:,} learners",
        highlight=False,
    )
    for (before, after), count in found.changed.most_common():
        console.print(f"  {before} → {after}: {count:,}", highlight=False, markup=False)
    if not found.shown:
        return
    rows = []
    for one in found.shown[:_SHOWN]:
        said = [f"{one[when]['decision']}: {one[when]['reason']}" for when in ("before", "after")]
        rows.append((one["learner"], one["skill"] + (" (overruled)" if one["overruled"] else ""), *said))
    print_table(("learner", "skill", "now", "then"), rows)
    if found.changed.total() > _SHOWN:
        console.print(
            f"… and {found.changed.total() - _SHOWN:,} more; --json has {len(found.shown):,}", highlight=False
        )
