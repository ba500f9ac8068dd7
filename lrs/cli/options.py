"""Options and exit codes that commands share."""

from __future__ import annotations

from typing import Any, NoReturn

import click
import orjson

EXIT_WRONG = 1  # what was checked is not as it should be
EXIT_USAGE = 2  # click's own: the command line is off
EXIT_TAKEN = 3  # another process has what this one needs
EXIT_UNAVAILABLE = 4  # a part cannot be reached; try again
EXIT_NOT_FOUND = 5  # no such class, learner or projection

tenant_option = click.option("--tenant", default="default", show_default=True, help="Whose data.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")


def fail(message: str, code: int = EXIT_WRONG) -> NoReturn:
    """Say what is wrong and what to do, and end with `code`."""
    click.echo(f"lrs: {message}", err=True)
    raise SystemExit(code)


def print_json(value: Any) -> None:
    """One JSON document to standard output."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))
