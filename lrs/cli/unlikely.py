"""`lrs unlikely`: who of a class is unlikely to finish."""

from __future__ import annotations

import click

from lrs.cli.answering import print_json
from lrs.cli.counting import counted
from lrs.cli.parts import ask_of_class
from lrs.pacing.unlikely import class_unlikely
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime


@click.command()
@click.argument("class_id", metavar="CLASS")
@runtime_options
@tenant_option
@json_option
def unlikely(class_id: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """List who of the class with the id CLASS is unlikely to finish, by what most of it has done and they have not.

    Each with the reasons, the least likely first, and how many days are left. The weights come from other courses than
    yours: it says whom to talk to, and decides nothing.
    """
    class_chances, fresh = ask_of_class(runtime, tenant, class_id, class_unlikely)
    if as_json:
        print_json(class_chances | fresh)
        return
    for learner in class_chances["unlikely"]:
        click.echo(f"{learner['name']} ({learner['chance']:.0%}): {' '.join(learner['reasons'])}")
    if not class_chances["judged"]:
        click.echo("too little is due, or too few are in the class, to say anything")
        return
    if not class_chances["unlikely"]:
        click.echo(f"of {class_chances['judged']} nobody is unlikely to finish")
    if class_chances["days_left"] is not None:
        click.echo(f"{counted(class_chances['days_left'], 'day is left', 'days are left')}")
    click.echo(f"fitted on {class_chances['fitted']}")
