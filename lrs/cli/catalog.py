"""`lrs catalog`: what the catalog does not say."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from lrs.catalog.unmapped import count_unmapped
from lrs.cli.options import print_json
from lrs.cli.parts import open_parts
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
        found = count_unmapped(parts.store, tenant, limit)
    if as_json:
        print_json(found)
        return
    table = Table("Answers", "Learners", "Activity", "Provisional skill", "A statement")
    for one in found["listed"]:
        names = ("answers", "learners", "activity", "unit", "example")
        table.add_row(*(str(one[name]) for name in names))
    said = f"{found['answers']} judged answers in {found['activities']} activities teach no skill of the catalog."
    Console().print(table, said)
    if found["nothing"]:
        table = Table("Statements", "Nobody's learning, as they are", "A statement")
        for one in found["nothing"]:
            table.add_row(str(one["statements"]), one["reason"], one["example"])
        Console().print(table)
    for one in found["groups"]:
        click.echo(
            f"the group {one['group'] or 'without a name'}: {one['statements']} statements do not say who is in it"
        )
