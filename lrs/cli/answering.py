"""How commands answer and fail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

import click
import orjson

from lrs.exits import USAGE, WRONG

if TYPE_CHECKING:
    from lrs.accounts.issuers import BrokenIssuer


def fail(message: str, code: int = WRONG) -> NoReturn:
    """End the command with exit code `code`, and say what is wrong and what to do."""
    click.echo(f"lrs: {message}", err=True)
    raise SystemExit(code)


def print_json(value: Any) -> None:
    """Print one JSON document to standard output."""
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY))


def warn_of_broken(broken: Iterable[BrokenIssuer], command: str) -> None:
    """Name the issuers or platforms that are left out, to standard error, with what to do."""
    for name, why in broken:
        click.echo(f"lrs: nobody can sign in with {name}: {why}. {broken_advice(name, command)}", err=True)


def broken_advice(name: str, command: str) -> str:
    """What an operator does about an issuer or platform as it is stored."""
    return f"`lrs {command} remove {name}`, and add it again"


def one_line(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The value of an option that says what something is called; ends the command where that is no name."""
    from schemas.typed_text import name_fault  # here, as it takes long and few commands take a name

    if value and (fault := name_fault(value)):
        fail(f"{parameter.opts[0]}: {fault}", USAGE)
    return value
