"""`lrs habits`: how each learner of a class works: persistence, help, pace, regularity and media."""

from __future__ import annotations

import click

from lrs.cli.answering import print_json
from lrs.cli.parts import ask_of_class
from lrs.cli.tables import print_table
from lrs.pacing.drift import RECENT
from lrs.pacing.habits import class_habits
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime


@click.command()
@click.argument("class_id", metavar="CLASS")
@runtime_options
@tenant_option
@json_option
def habits(class_id: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Say how each learner of the class CLASS works: after errors, with help, how fast, how regularly, with media.

    Each beside the learner's own weeks before. These are no grades, and nothing is said on little evidence.
    """
    learner_habits, fresh = ask_of_class(runtime, tenant, class_id, class_habits)
    if as_json:
        print_json({"class": class_id, "habits": learner_habits} | fresh)
        return
    habit_rows = []
    for learner in learner_habits:
        shares = [
            f"{_percent_or_none(learner[name])} ({_percent_or_none(learner[f'{name}_before'])})"
            for name in ("persistence", "help_seeking")
        ]
        pace = "–" if learner["pace"] is None else f"× {learner['pace']:.1f}"
        media = f"{_minutes_or_none(learner['media'])} ({_minutes_or_none(learner['media_before'])})"
        habit_rows.append((learner["name"], *shares, pace, _percent_or_none(learner["regularity"]), media))
    number_columns = ("goes on after errors", "asks for help", "time an answer", "same weekdays", "new media")
    caption = f"the last {RECENT} days; in brackets, the weeks before"
    print_table(("learner", *number_columns), habit_rows, numbers=number_columns, caption=caption)


def _percent_or_none(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _minutes_or_none(minutes: float | None) -> str:
    return "–" if minutes is None else f"{minutes:.0f} min"
