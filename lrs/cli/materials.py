"""`lrs materials`: how activities are opened, and what they teach."""

from __future__ import annotations

from pathlib import Path

import click

from lrs import exits
from lrs.catalog.cartridge import NoCartridge
from lrs.catalog.materials_import import preview_materials
from lrs.catalog.openable import is_address
from lrs.cli.answering import fail, print_json
from lrs.cli.imported_files import appending_imported, print_problems
from lrs.cli.parts import open_parts
from lrs.clock import system_time
from lrs.csv_files.problem import UnreadableCsv
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime

MATERIALS_CREDENTIAL = "materials"  # who the log says it was


@click.group()
def materials() -> None:
    """Import materials, while `lrs serve` runs or not."""


@materials.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--base", default="", help="Where the files of a cartridge are served; else the platform opens them.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@runtime_options
@tenant_option
@json_option
def import_(path: Path, base: str, dry_run: bool, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Import PATH: an IMS Common Cartridge (1.1 to 1.3), or a CSV with the column id, and whichever of name, via,
    opens, minutes, mode, screen, together, level, language, topics and skills it has.

    What is wrong is named and left out; the rest counts. What PATH does not name stays.
    """
    if base and not is_address(base):
        fail("--base is an http or https URL", exits.USAGE)
    with open_parts(runtime) as parts:
        try:
            plan = preview_materials(path, parts.catalogs.latest(tenant), base)
        except (NoCartridge, UnreadableCsv, OSError) as error:
            fail(str(error))
        if plan.changes and not dry_run:
            with appending_imported():
                parts.catalogs.append_all(tenant, MATERIALS_CREDENTIAL, plan.changes, system_time())
    if as_json:
        problems = [problem._asdict() for problem in plan.problems]
        print_json({"written": not dry_run, **plan.counts, "problems": problems})
    else:
        click.echo(", ".join(f"{count:,} {things}" for things, count in plan.counts.items()))
        print_problems(plan.problems)
    if any(problem.error for problem in plan.problems):
        raise SystemExit(exits.WRONG)
