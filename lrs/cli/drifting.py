"""`lrs drifting`: who of a class works otherwise than they used to."""

from __future__ import annotations

import click

from lrs.cli.answering import print_json
from lrs.cli.parts import ask_of_class
from lrs.pacing.drift import RECENT, class_drift
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime


@click.command()
@click.argument("class_id", metavar="CLASS")
@runtime_options
@tenant_option
@json_option
def drifting(class_id: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """List who of the class with the id CLASS works less, or gets less right, than their own weeks before say.

    Each with the reasons, the most surprising first. It says whom to talk to, not what is wrong.
    """
    learners, fresh = ask_of_class(runtime, tenant, class_id, class_drift)
    if as_json:
        print_json({"class": class_id, "drifting": learners} | fresh)
        return
    for learner in learners:
        click.echo(f"{learner['name']}: {' '.join(learner['reasons'])}")
    if not learners:
        click.echo(f"nobody works otherwise in the last {RECENT} days than before")
