"""`lrs learner`: what a learner has mastered, and what is next."""

from __future__ import annotations

from typing import Any

import click
from rich.console import Console

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.boards import learner_table
from lrs.cli.parts import Parts, open_parts
from lrs.clock import system_time
from lrs.pacing.board import learner_page
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime


@click.command()
@click.argument("name")
@runtime_options
@tenant_option
@json_option
def learner(name: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Print the page of the learner with the key NAME (account:…|…, mbox:…), or with that name on a roster."""
    with open_parts(runtime) as parts:
        key = _learner_key(parts, tenant, name)
        now = system_time()
        page: dict[str, Any] = learner_page(parts.store, parts.catalogs.latest(tenant), tenant, key, now)
        page |= parts.freshness(now)
    if as_json:
        print_json(page)
    else:
        console = Console()
        console.print(learner_table(console, page))


def _learner_key(parts: Parts, tenant: str, name: str) -> str:
    name_rows = parts.store.tuples(
        "SELECT learner, name FROM learners FINAL WHERE tenant = {tenant:String}", {"tenant": tenant}
    )
    names: dict[str, str] = dict(name_rows)
    for class_ in parts.catalogs.latest(tenant).classes.values():
        names |= {member.learner: member.name for member in class_.learners if member.name}
    if name in names:
        return name
    keys = sorted(key for key, learner_name in names.items() if learner_name.casefold() == name.casefold())
    if len(keys) == 1:
        return keys[0]
    many = f"{len(keys)} learners are called {name!r}; give one's key: {', '.join(keys)}"
    return fail(many if keys else f"there is no learner {name!r}", exits.NOT_FOUND)
