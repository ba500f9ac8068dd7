"""`lrs activate`: make a fitted version of the mastery model the one that decides, after showing what it changes."""

from __future__ import annotations

import getpass

import click

from lrs import exits
from lrs.catalog.versions import UnknownModelVersion, list_versions
from lrs.cli.answering import fail, print_json
from lrs.cli.diff import print_differences
from lrs.cli.parts import open_parts
from lrs.cli.progress import bar
from lrs.clock import system_time
from lrs.models.activation import activate_version
from lrs.models.decision_differences import DecisionDifferences
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from lrs.store.replay_turn import ReplayUnderWay
from processors.runtime.hold import Stalled


@click.command()
@click.argument("version", required=False)
@click.option("--yes", is_flag=True, help="Do not ask; without it and without a terminal, nothing is activated.")
@runtime_options
@tenant_option
@json_option
def activate(version: str | None, yes: bool, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Make VERSION (see `lrs fit mastery`) decide for a tenant; list the versions where none is named.

    The rows are rebuilt beside the live ones while writes go on. Then it shows whose decisions change and why, asks,
    and swaps the tables.
    """
    with open_parts(runtime) as parts, bar(as_json) as progress:
        if version is None:
            _print_versions(list_versions(parts.catalogs.latest(tenant)), as_json)
            return
        task = progress.add_task("learners")

        def agreed(differences: DecisionDifferences) -> bool:
            progress.stop()
            if not as_json:
                print_differences(differences)
            return yes or (not as_json and click.confirm(f"Activate {version}?", default=False))

        try:
            done = activate_version(
                parts.mode,
                parts.catalogs,
                tenant,
                version,
                getpass.getuser(),
                system_time,
                agreed,
                lambda done, of: progress.update(task, completed=done, total=of),
            )
        except UnknownModelVersion as error:
            fail(f"{error}: `lrs activate` lists those there are", exits.NOT_FOUND)
        except Stalled as error:
            fail(f"{error} Start `lrs serve` or `lrs worker project`", exits.UNAVAILABLE)
        except ReplayUnderWay as error:
            fail(str(error), exits.TAKEN)
    active = done.replayed.swapped
    if as_json:
        print_json({"version": version, "active": active, **done.differences.as_json()})
    else:
        click.echo(f"{version} is active" if active else f"nothing changed: {version} is not active")


def _print_versions(versions: list[dict[str, object]], as_json: bool) -> None:
    if as_json:
        print_json(versions)
        return
    for model in versions:
        click.echo(f"{'*' if model['active'] else ' '} {model['version']}")
