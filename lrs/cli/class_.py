"""`lrs class`: a class's board in the terminal."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from lrs.cli.answering import print_json
from lrs.cli.boards import class_table
from lrs.cli.parts import no_such_class, open_parts
from lrs.clock import system_time
from lrs.pacing.board import class_board
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime


@click.command("class")
@click.argument("name")
@runtime_options
@tenant_option
@json_option
def class_(name: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Print the board of the class with the id or the name NAME."""
    with open_parts(runtime) as parts:
        catalog = parts.catalogs.latest(tenant)
        folded_name = name.casefold()
        classes = [c for c in catalog.classes.values() if folded_name in (c.id.casefold(), c.name.casefold())]
        if not classes:
            no_such_class(catalog, name)
        now = system_time()
        board: dict[str, Any] = class_board(parts.store, catalog, tenant, classes[0].id, now)
        board |= parts.freshness(now)
    if as_json:
        print_json(board)
    else:
        console = Console()
        console.print(class_table(board, console.width))
