"""`lrs repairs`: how often which known fault of tools was repaired."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.errors import Transient
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime
from lrs.record.repair_counts import RepairCounts


@click.command()
@click.option("--tenant", default=None, help="Only those of this tenant.")
@runtime_options
@json_option
def repairs(tenant: str | None, runtime: Runtime, as_json: bool) -> None:
    """Count the statements that lenient credentials sent and that were repaired, by credential and rule.

    A statement that needed two rules counts for each of them.
    """
    with open_parts(runtime) as parts:
        try:
            repair_counts = RepairCounts(parts.log).by_rule(tenant)
        except Transient as error:
            fail(str(error), exits.UNAVAILABLE)
    if as_json:
        print_json(
            [
                {**rule._asdict(), "statements": count.statements, "last": count.last}
                for rule, count in repair_counts.items()
            ]
        )
        return
    if not repair_counts:
        click.echo("nothing was repaired")
        return
    rule_rows = []
    for rule, count in repair_counts.items():
        last_time = datetime.fromtimestamp(count.last / 1e6, UTC).isoformat(timespec="seconds")
        rule_rows.append((*rule, f"{count.statements:,}", last_time))
    print_table(("tenant", "credential", "rule", "statements", "last"), rule_rows, numbers=("statements",))
