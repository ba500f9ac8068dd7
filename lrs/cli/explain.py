"""`lrs explain`: what statements would be read as, and why, without storing them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.parts import open_parts
from lrs.importing import xapi
from lrs.importing.imported_line import ImportedLine
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from processors.meaning.explainer import Explainer
from schemas.catalog import Catalog


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--most", type=click.IntRange(min=1), default=20, show_default=True, help="Statements to explain.")
@click.option("--home-page", default="", help="Of accounts that have none, as a lenient credential would add it.")
@click.option("--no-catalog", is_flag=True, help="By the statements alone: no data folder is needed.")
@runtime_options
@tenant_option
@json_option
def explain(
    file: Path, most: int, home_page: str, no_catalog: bool, runtime: Runtime, tenant: str, as_json: bool
) -> None:
    """Say what the statements in FILE (as `lrs import` reads it) would be read as, and why."""
    catalog = Catalog()
    if not no_catalog:
        with open_parts(runtime) as parts:
            catalog = parts.catalogs.latest(tenant)
    explainer = Explainer(catalog, datetime.now(UTC).isoformat(), home_page)
    try:
        explanations = [
            _explained_line(imported_line, explainer) for imported_line in islice(xapi.read_xapi(file), most)
        ]
    except OSError as error:
        fail(str(error))
    if as_json:
        print_json(explanations)
    else:
        for explanation in explanations:
            _print_explanation(explanation)
    if not all(explanation["valid"] for explanation in explanations):
        raise SystemExit(exits.WRONG)


def _explained_line(line: ImportedLine | Exception, explainer: Explainer) -> dict[str, Any]:
    if isinstance(line, ImportedLine):
        return {"where": line.where} | explainer.explain(line.raw, line.version)
    return {"where": "", "valid": False, "error": str(line), "because": [], "read_as": []}


def _print_explanation(explanation: dict[str, Any]) -> None:
    validity = "valid" if explanation["valid"] else explanation["error"]
    click.echo(f"{explanation['where']}: {validity}" if explanation["where"] else validity)
    if explanation.get("repairs"):
        click.echo(f"  a lenient credential repairs: {'; '.join(explanation['repairs'])}")
    if explanation.get("tool"):
        click.echo(f"  from {explanation['tool']}")
    for reading in explanation["read_as"]:
        who = reading["name"] or reading["learner"]
        click.echo(f"  {reading['kind']} of {who} at {reading['item']}")
    for reason in explanation["because"]:
        click.echo(f"    {reason}")
