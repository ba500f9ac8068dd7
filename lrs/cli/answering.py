"""How commands answer and fail."""

from __future__ import annotations

from typing import Any, NoReturn

import click
import orjson

from lrs.exits import USAGE, WRONG


def fail(message: str, code: int = WRONG) -> NoReturn:
    """End the command with exit code `code`, and say what is wrong and what to do."""
    click.echo(f"lrs: {message}", err=True)
    raise SystemExit(code)


def print_json(value: Any) -> None:
    """Print one JSON document to standard output."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))


def one_line(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The value of an option that says what something is called; ends the command where that is no name."""
    from schemas.typed_text import name_fault  # here, as it takes long and few commands take a name

    if value and (fault := name_fault(value)):
        fail(f"{parameter.opts[0]}: {fault}", USAGE)
    return value
