"""`lrs people`: who is who, where keys and rosters alone do not say it."""

from __future__ import annotations

from typing import Any

import click

from lrs import exits
from lrs.cli.answering import fail, print_json
from lrs.cli.parts import open_parts
from lrs.clock import system_time
from lrs.people.identities import Identities
from lrs.people.merging import MergeRefused
from lrs.processes.options import json_option, runtime_options, tenant_option
from lrs.processes.runtime import Runtime

PEOPLE_CREDENTIAL = "people"  # who the log says it was


@click.group()
def people() -> None:
    """Show who goes by several keys, and make several persons one.

    A person is named by the key of any of their actors (a mailbox, homePage|name, an xAPI actor as JSON), or by
    person:ID, with the ID that a roster has.
    """


@people.command()
@runtime_options
@tenant_option
@json_option
def show(runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Show persons who go by several keys, and who may be one person."""
    with open_parts(runtime) as parts:
        people = Identities(parts.store, parts.catalogs, system_time).show(tenant)
    if as_json:
        print_json(people)
        return
    for person in people["persons"]:
        click.echo(line(person))
    for suggestion in people["suggestions"]:
        into = suggestion["into"] + _called(suggestion["into_name"])
        other = suggestion["other"] + _called(suggestion["other_name"])
        click.echo(f"perhaps one person: {into} and {other}: {suggestion['reason']}")


@people.command()
@click.argument("into")
@click.argument("others", nargs=-1, required=True)
@runtime_options
@tenant_option
@json_option
def merge(into: str, others: tuple[str, ...], runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Make OTHERS the same person as INTO: what is known of them is folded again, as of one."""
    with open_parts(runtime) as parts:
        try:
            done = Identities(parts.store, parts.catalogs, system_time).merge(tenant, PEOPLE_CREDENTIAL, into, others)
        except MergeRefused as error:
            fail(str(error))
    _print_changes(done, "merged {changes}", "they are one person already", as_json)


@people.command()
@click.argument("key")
@runtime_options
@tenant_option
@json_option
def split(key: str, runtime: Runtime, tenant: str, as_json: bool) -> None:
    """Take KEY out of the person it is a part of, as if it had never been merged."""
    with open_parts(runtime) as parts:
        try:
            done = Identities(parts.store, parts.catalogs, system_time).split(tenant, PEOPLE_CREDENTIAL, key)
        except MergeRefused as error:
            fail(str(error), exits.NOT_FOUND)
    _print_changes(done, "split", "", as_json)


def line(person: dict[str, Any]) -> str:
    """A person with the keys that statements name or somebody merged, each once."""
    return (
        f"{person['person']}{_called(person['name'])}: {', '.join(dict.fromkeys(person['keys'] + person['by_hand']))}"
    )


def _print_changes(done: dict[str, Any], changed: str, same: str, as_json: bool) -> None:
    if as_json:
        print_json(done)
    else:
        click.echo(changed.format(**done) if done["changes"] else same)


def _called(name: str) -> str:
    return f" ({name})" if name else ""
