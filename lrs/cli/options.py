"""How commands answer and fail."""

from __future__ import annotations

from typing import Any, NoReturn

import click
import orjson

from lrs.exits import WRONG


def fail(message: str, code: int = WRONG) -> NoReturn:
    """Say what is wrong and what to do, and end with `code`."""
    click.echo(f"lrs: {message}", err=True)
    raise SystemExit(code)


def print_json(value: Any) -> None:
    """One JSON document to standard output."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))
