"""`lrs clocks`: senders whose clock is off."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from lrs.cli.answering import print_json
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from lrs.record.clocks import clocks_off


@click.command()
@runtime_options
@tenant_option
@json_option
def clocks(runtime: Runtime, tenant: str, as_json: bool) -> None:
    """List the credentials whose statements say that they happened later than they were stored, or before 1990.

    They are read as of when they were stored. See to the clock of what sends them: their order is the sender's own, but
    their days are not.
    """
    with open_parts(runtime) as parts:
        clocks_ahead = clocks_off(parts.store, tenant)
    if as_json:
        print_json([clock._asdict() for clock in clocks_ahead])
        return
    if not clocks_ahead:
        click.echo("no clock is off")
        return
    print_table(
        ("Credential", "Statements", "Learners", "Ahead by", "Last", "A statement"),
        [
            (
                clock.credential,
                f"{clock.statements:,}",
                f"{clock.learners:,}",
                clock.ahead,
                datetime.fromtimestamp(clock.last_time / 1e6, UTC).isoformat(timespec="seconds"),
                clock.example,
            )
            for clock in clocks_ahead
        ],
        numbers=("Statements", "Learners"),
    )
