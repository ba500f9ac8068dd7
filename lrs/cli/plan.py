"""`lrs plan`: who does what where in each slot of a day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.parts import open_parts
from lrs.cli.tables import print_table
from lrs.clock import system_time
from lrs.errors import Missing
from lrs.pacing.long_unseen import say_unseen
from lrs.pacing.saying import ENGLISH
from lrs.plans.export import to_calendar, to_csv
from lrs.plans.planner import DayPlanner
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime
from lrs.timetabling.make import SECONDS
from schemas.invalid import Invalid
from schemas.plan_requests import MakePlan, PlanRequest, PublishPlan, SayAbsent

BY = "plan"  # who the log says it was
_LEGEND = "T with a teacher   P with peers   A alone   ! see the conflicts"


@click.group()
def plan() -> None:
    """Make, show, change and export the plan of a day (YYYY-MM-DD) of a class."""


@plan.command()
@click.argument("class_id")
@click.argument("day")
@click.option("--keep", is_flag=True, help="Let what was planned stay as far as it can.")
@click.option("--seconds", type=click.FloatRange(0.1, 120), default=SECONDS, show_default=True, help="Time to search.")
@runtime_options
@tenant_option
@json_option
def make(class_id: str, day: str, keep: bool, seconds: float, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Plan DAY of CLASS_ID by what everybody needs now."""
    _ask_planner(runtime, tenant, class_id, day, MakePlan(do="make", keep=keep, seconds=seconds), as_json)


@plan.command()
@click.argument("class_id")
@click.argument("day")
@click.option(
    "--format",
    "form",
    type=click.Choice(("table", "csv", "calendar")),
    default="table",
    show_default=True,
    help="As a table, as CSV, or as iCalendar.",
)
@click.option("--learner", default="", help="Of the calendar: one learner's key.")
@runtime_options
@tenant_option
@json_option
def show(class_id: str, day: str, form: str, learner: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Show the plan of DAY of CLASS_ID."""
    with _planner(runtime) as planner:
        day_plan = planner.read(tenant, class_id, day)
        zone = planner.zone(tenant, class_id)
    if form == "csv":
        click.echo(to_csv(day_plan), nl=False)
    elif form == "calendar":
        click.echo(to_calendar(day_plan, zone, learner), nl=False)
    else:
        _print_plan(day_plan, as_json)


@plan.command()
@click.argument("class_id")
@click.argument("day")
@click.argument("who")
@click.option("--present", is_flag=True, help="They are there after all.")
@runtime_options
@tenant_option
@json_option
def absent(class_id: str, day: str, who: str, present: bool, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Replan DAY of CLASS_ID because WHO (a learner's key, an adult's id) is absent."""
    _ask_planner(runtime, tenant, class_id, day, SayAbsent(do="absent", who=who, present=present), as_json)


@plan.command()
@click.argument("class_id")
@click.argument("day")
@runtime_options
@tenant_option
@json_option
def publish(class_id: str, day: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Publish the plan of DAY of CLASS_ID."""
    _ask_planner(runtime, tenant, class_id, day, PublishPlan(do="publish"), as_json)


@contextmanager
def _planner(runtime: Runtime) -> Iterator[DayPlanner]:
    with open_parts(runtime) as parts:
        try:
            yield DayPlanner(parts.store, parts.catalogs, system_time)
        except Missing as error:
            fail(str(error), exits.NOT_FOUND)
        except Invalid as error:
            fail(str(error))


def _ask_planner(runtime: Runtime, tenant: str, class_id: str, day: str, request: PlanRequest, as_json: bool) -> None:
    with _planner(runtime) as planner:
        day_plan = planner.ask(tenant, class_id, day, request, BY)
    _print_plan(day_plan, as_json)


def _print_plan(day_plan: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(day_plan)
        return
    state = "published" if day_plan["published"] else "not published"
    learner_rows = []
    for row in day_plan["rows"]:
        cells = zip(row["cells"], row["lessons"], strict=True)
        name = f"{row['name']} ({say_unseen(row['not_seen_for'], ENGLISH)})" if row["not_seen_for"] else row["name"]
        learner_rows.append((name, *(_plan_cell(cell, lesson, row["absent"]) for cell, lesson in cells)))
    columns = ("learner", *(f"{slot['start']} ({slot['minutes']} min)" for slot in day_plan["slots"]))
    print_table(
        columns, learner_rows, title=f"{day_plan['class']['name']}, {day_plan['day']}: {state}", caption=_LEGEND
    )
    for problem in (*day_plan["conflicts"], *day_plan["unfitted"]):
        click.echo(problem)


def _plan_cell(cell: dict[str, Any] | None, lesson: str | None, is_absent: bool) -> str:
    if cell is None:
        return "absent" if is_absent else lesson or ""
    return f"{'! ' if cell['conflicts'] else ''}{cell['letter']} {cell['skill']['name']}: {cell['name']}"
