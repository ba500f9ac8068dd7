"""`lrs skills`: a framework of skills (CASE), and what they require."""

from __future__ import annotations

from pathlib import Path

import click

from lrs import exits
from lrs.catalog.case import NoFramework
from lrs.catalog.change_validation import MOST_REMOVED
from lrs.catalog.skills_import import preview_skills
from lrs.cli.answering import fail, print_json
from lrs.cli.imported_files import appending_imported, print_first
from lrs.cli.parts import open_parts
from lrs.clock import system_time
from lrs.csv_files.problem import UnreadableCsv
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime

SKILLS_CREDENTIAL = "skills"  # who the log says it was


@click.group()
def skills() -> None:
    """Import skills and their prerequisites, while `lrs serve` runs or not."""


@skills.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help=f"Remove even more than {MOST_REMOVED:.0%} of the framework's skills.")
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
@runtime_options
@tenant_option
@json_option
def import_(path: Path, yes: bool, dry_run: bool, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Import PATH: a CASE 1.0 or 1.1 package (JSON), or a CSV with the columns skill and requires.

    Of a package, items become skills, isChildOf their hierarchy and precedes a suggestion; prerequisites come from the
    CSV, whose skills are named by id, code, or address.
    """
    with open_parts(runtime) as parts:
        try:
            plan = preview_skills(path, parts.catalogs.latest(tenant))
        except (NoFramework, UnreadableCsv, OSError) as error:
            fail(str(error))
        if plan.needs_removal_confirmation and not yes:
            message = f"this would remove {plan.much_removed}: nothing was written"
            fail(f"{message}; give --yes if it is right", exits.UNCONFIRMED)
        if plan.changes and not dry_run:
            with appending_imported():
                parts.catalogs.append_all(tenant, SKILLS_CREDENTIAL, plan.changes, system_time())
    counts, problems = plan.counts, plan.problems
    if as_json:
        print_json({"written": not dry_run, **counts, "problems": problems})
    else:
        click.echo(", ".join(f"{count:,} {things}" for things, count in counts.items()))
        print_first(problems)
    if problems:
        raise SystemExit(exits.WRONG)
