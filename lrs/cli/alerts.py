"""`lrs alerts`: who newly needs a person."""

from __future__ import annotations

import click

from lrs.alerts.feed import MOST_ALERTS, MOST_DAYS, AlertFeed
from lrs.cli.answering import print_json
from lrs.cli.parts import open_parts
from lrs.clock import system_time
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime


@click.command()
@click.option(
    "--days", type=click.FloatRange(0, MOST_DAYS), default=1.0, show_default=True, help="How far back, in days."
)
@runtime_options
@tenant_option
@json_option
def alerts(days: float, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """List who newly needs help, intensive support or enrichment, drifts, or was not seen for long, and why."""
    with open_parts(runtime) as parts:
        digest = AlertFeed(parts.catalogs, system_time).digest(tenant, days, lambda _: True)
    if as_json:
        print_json(digest)
        return
    listed = [
        raised
        for class_ in digest["classes"]
        for alerts_of_kind in class_["alerts"].values()
        for raised in alerts_of_kind
    ]
    for raised in sorted(listed, key=lambda raised: -raised["number"])[:MOST_ALERTS]:
        over = " (no longer)" if raised["over"] else ""
        click.echo(f"{raised['class']['name']}: {raised['name']}: {raised['what']}{over}: {raised['reason']}")
    if not listed:
        click.echo(f"no alert in the last {'day' if days == 1 else f'{days:g} days'}")
