"""`lrs initiatives`: what is tried, declared before it begins."""

from __future__ import annotations

import click
from pydantic import ValidationError

from lrs.cli.answering import fail, print_json
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.clock import system_time
from lrs.plans.initiative_outcomes import InitiativeOutcomes, NoInitiative
from lrs.plans.initiatives import Initiatives
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from schemas.invalid import Invalid
from schemas.plan_events import Initiative
from schemas.refusal import refusal

INITIATIVES_CREDENTIAL = "initiatives"  # who the log says it was


@click.group()
def initiatives() -> None:
    """Declare initiatives before they begin, and list them: only what was declared before can be measured."""


@initiatives.command("list")
@runtime_options
@tenant_option
@json_option
def list_(runtime: Runtime, tenant: str, as_json: bool) -> None:
    """List the initiatives, the latest first."""
    with open_parts(runtime) as parts:
        answer = Initiatives(parts.catalogs, system_time).read(tenant, lambda _: True)
    if as_json:
        print_json(answer)
        return
    columns = ("Id", "What", "Classes", "From", "Until", "Outcome", "Compared with", "State", "Can be measured")
    initiative_rows = []
    for initiative in answer["initiatives"]:
        against = ", ".join(initiative["compared"]) or "before"
        initiative_row = (
            initiative["id"],
            initiative["what"],
            ", ".join(initiative["classes"]),
            initiative["since"],
            initiative["until"],
            initiative["outcome"],
            against,
        )
        initiative_rows.append(
            (
                *initiative_row,
                initiative["state"],
                "yes" if initiative["measurable"] else "no: declared or changed too late",
            )
        )
    print_table(columns, initiative_rows)


@initiatives.command()
@click.argument("id_", metavar="ID")
@click.option("--what", required=True, help="What is tried.")
@click.option("--class", "classes", multiple=True, required=True, help="A class it is tried with; may come again.")
@click.option("--since", required=True, help="Its first day, as YYYY-MM-DD.")
@click.option("--until", required=True, help="The day after its last.")
@click.option("--outcome", default="mastered", show_default=True, help="mastered, attempts, active minutes, or help.")
@click.option("--skill", "skills", multiple=True, help="A skill of the outcome; may come again. None: all.")
@click.option("--compared", multiple=True, help="A class to compare with; may come again. None: before.")
@click.option("--by", default="", help="Who declares it.")
@click.option("--new", is_flag=True, help="Refuse it if its ID is already in use.")
@runtime_options
@tenant_option
@json_option
def declare(
    id_: str,
    what: str,
    classes: tuple[str, ...],
    since: str,
    until: str,
    outcome: str,
    skills: tuple[str, ...],
    compared: tuple[str, ...],
    by: str,
    new: bool,
    runtime: Runtime,
    tenant: str,
    as_json: bool,
) -> None:
    """Declare the initiative ID."""
    fields = {
        "id": id_,
        "what": what,
        "classes": list(classes),
        "since": since,
        "until": until,
        "outcome": outcome,
        "skills": list(skills),
        "comparison": "classes" if compared else "before",
        "compared": list(compared),
        "new": new,
    }
    try:
        initiative = Initiative.model_validate(fields)
    except ValidationError as error:
        fail(str(refusal(fields, error)))
    with open_parts(runtime) as parts:
        try:
            answer = Initiatives(parts.catalogs, system_time).declare(
                tenant, by, INITIATIVES_CREDENTIAL, initiative, lambda _: True
            )
        except Invalid as error:
            fail(str(error))
    if as_json:
        print_json(answer)
    else:
        late = "" if answer["measurable"] else "; it has begun, so what it changes cannot be measured"
        click.echo(f"declared {answer['id']}: {answer['since']} until {answer['until']}{late}")


@initiatives.command()
@click.argument("id_", metavar="ID")
@runtime_options
@tenant_option
@json_option
def outcome(id_: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Say what the initiative ID changed, by the outcome and the comparison that were declared."""
    with open_parts(runtime) as parts:
        try:
            measured = InitiativeOutcomes(parts.store, parts.catalogs, system_time).read(tenant, id_, lambda _: True)
        except NoInitiative as error:
            fail(str(error))
    if as_json:
        print_json(measured)
    else:
        click.echo(f"{measured['what']} ({measured['since']} until {measured['until']})\n{measured['words']}")
