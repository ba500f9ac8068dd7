"""`lrs catalog`: what the catalog does not say."""

from __future__ import annotations

import click

from lrs.catalog.unmapped import count_unmapped
from lrs.cli.answering import print_json
from lrs.cli.counting import counted
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.pacing.display_names import activity_names
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime


@click.group()
def catalog() -> None:
    """Look at what the catalog does not say."""


@catalog.command("unmapped")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Most activities.")
@runtime_options
@tenant_option
@json_option
def unmapped_(limit: int, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """List activities with judged answers that teach no skill, or only their unit as a provisional one.

    An entry of the catalog for the activity, for what it is a part of, or a pattern that its id fits, makes them count.
    """
    with open_parts(runtime) as parts:
        unmapped = count_unmapped(parts.store, tenant, limit)
        ids = {activity[key] for activity in unmapped["listed"] for key in ("activity", "unit")}
        names = activity_names(parts.store, parts.catalogs.latest(tenant), tenant, ids)
    if as_json:
        print_json(unmapped)
        return
    print_table(
        ("Answers", "Learners", "Name", "Activity", "Provisional skill", "A statement"),
        [
            (
                f"{activity['answers']:,}",
                f"{activity['learners']:,}",
                names[activity["activity"]],
                activity["activity"],
                names[activity["unit"]],
                activity["example"],
            )
            for activity in unmapped["listed"]
        ],
        numbers=("Answers", "Learners"),
    )
    click.echo(
        f"{counted(unmapped['answers'], 'judged answer')} in "
        f"{counted(unmapped['activities'], 'activity teaches', 'activities teach')} no skill of the catalog."
    )
    if unmapped["nothing"]:
        print_table(
            ("Statements", "No evidence of learning, as they are", "A statement"),
            [(f"{unread['statements']:,}", unread["reason"], unread["example"]) for unread in unmapped["nothing"]],
            numbers=("Statements",),
        )
    for group in unmapped["groups"]:
        click.echo(
            f"the group {group['group'] or 'without a name'}: "
            f"{counted(group['statements'], 'statement does not say', 'statements do not say')} who is in it"
        )
