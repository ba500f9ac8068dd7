"""`lrs reinterpret`: apply the catalog, and what statements mean to this release, to all that was recorded."""

from __future__ import annotations

import time
from typing import Any

import click

from lrs import exits
from lrs.catalog.versions import ActiveWeights
from lrs.cli.answering import fail, print_json
from lrs.cli.counting import counted
from lrs.cli.parts import Parts, open_parts, start_advice
from lrs.cli.progress import bar
from lrs.cli.tables import print_table
from lrs.clock import system_time
from lrs.pacing.catalog_preview import Previewer
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from processors.runtime.hold import Stalled
from schemas.reading import Reinterpret

WAIT_SECONDS = 6 * 3600.0
_LISTED = 20


@click.command()
@runtime_options
@tenant_option
@click.option("--dry-run", is_flag=True, help="Say whose decisions would change and why, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before it is applied.")
@json_option
def reinterpret(runtime: Runtime, tenant: str, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Read all that was recorded with the catalog as it is now, while writes go on.

    What is accepted later is read with the catalog of its own time. Only what changes is written.
    """
    with open_parts(runtime) as parts:
        preview = _preview(parts, tenant, as_json)
        if not as_json:
            _print_preview(preview)
        if dry_run:
            if as_json:
                print_json(preview)
            return
        if not yes and not as_json and not click.confirm("Apply?"):
            return
        started = time.monotonic()
        position = parts.catalogs.append(tenant, "command line", Reinterpret(), system_time())
        try:
            done = parts.mode.reinterpret(position, WAIT_SECONDS)
        except Stalled as error:
            fail(f"{error} {start_advice(runtime)}", exits.UNAVAILABLE)
        seconds = round(time.monotonic() - started, 3)
    if not done:
        fail("it is not applied yet: see that `lrs serve` runs, which goes on with it", exits.UNAVAILABLE)
    if as_json:
        print_json({**preview, "position": position, "seconds": seconds})
    else:
        click.echo(f"applied in {seconds:.1f} s")


def _preview(parts: Parts, tenant: str, as_json: bool) -> dict[str, Any]:
    with bar(as_json) as progress_bar:
        task = progress_bar.add_task("statements")

        def progress(done: int, of: int) -> None:
            progress_bar.update(task, completed=done, total=of)

        previewer = Previewer(parts.log, parts.store, parts.catalogs, ActiveWeights(parts.catalogs))
        return previewer.preview(tenant, [], system_time(), progress)


def _print_preview(preview: dict[str, Any]) -> None:
    def named(skills: list[str]) -> str:
        return ", ".join(preview["names"][skill] for skill in skills)

    if preview["items"]:
        print_table(
            ("Answers", "Item", "Was read as", "Is read as"),
            [
                (f"{item['answers']:,}", item["name"], named(item["before"]), named(item["after"]))
                for item in preview["items"][:_LISTED]
            ],
            numbers=("Answers",),
        )
    if preview["decisions"]:
        print_table(
            ("Learner", "Skill", "Is", "Becomes", "Why"),
            [
                (
                    decision["name"],
                    named([decision["skill"]]),
                    *(decision[when] or "–" for when in ("before", "after")),
                    decision["reason_after"] or "no evidence",
                )
                for decision in preview["decisions"][:_LISTED]
            ],
        )
    click.echo(
        f"{counted(preview['changed'], 'decision changes', 'decisions change')}: "
        f"{counted(preview['observations'], 'observation')} of "
        f"{counted(preview['learners'], 'learner')} changed, "
        f"of {counted(preview['statements'], 'statement')} read again"
    )
