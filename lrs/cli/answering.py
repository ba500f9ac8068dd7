"""How commands answer and fail."""

from __future__ import annotations

from typing import Any, NoReturn

import click
import orjson

from lrs.exits import WRONG


def fail(message: str, code: int = WRONG) -> NoReturn:
    """End the command with exit code `code`, and say what is wrong and what to do."""
    click.echo(f"lrs: {message}", err=True)
    raise SystemExit(code)


def print_json(value: Any) -> None:
    """Print one JSON document to standard output."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))
