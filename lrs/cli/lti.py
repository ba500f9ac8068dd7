"""`lrs lti`: learning platforms that launch this store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from lrs import exits
from lrs.accounts.accounts import embedded_url
from lrs.accounts.issuers import BadIssuer
from lrs.accounts.platforms import Platform, Platforms
from lrs.auth.credentials import DEFAULT_TENANT
from lrs.cli.databases import opened_store
from lrs.cli.options import fail, print_json
from lrs.processes.options import data_option, database_option, json_option


def _where(command: Callable[..., None]) -> Callable[..., None]:
    return data_option(database_option(json_option(command)))


@click.group()
def lti() -> None:
    """Let learning platforms (Moodle, Canvas, …) launch boards by LTI 1.3."""


@lti.command()
@click.argument("name")
@click.option("--issuer", required=True, help="The platform's id, letter by letter as in the claim iss.")
@click.option("--client", required=True, help="The client id that it gave to this store.")
@click.option("--deployment", "deployments", multiple=True, required=True, help="A deployment id; may be repeated.")
@click.option("--authorization", required=True, help="Its authentication request URL.")
@click.option("--jwks", required=True, help="Its public keyset URL.")
@click.option("--url", required=True, help="Where people see the store.")
@click.option("--label", default="", help="What pages call it.  [default: NAME]")
@click.option("--tenant", default=DEFAULT_TENANT, show_default=True, help="Whose people it launches.")
@_where
def add(
    name: str,
    issuer: str,
    client: str,
    deployments: tuple[str, ...],
    authorization: str,
    jwks: str,
    url: str,
    label: str,
    tenant: str,
    data: Path,
    database: str | None,
    as_json: bool,
) -> None:
    """Register a platform, and show the addresses that it has to know."""
    with opened_store(Platforms, embedded_url, data, database, True) as store:
        try:
            made = Platform(name, label or name, tenant, issuer, client, authorization, jwks, url, deployments)
            store.add(made)
        except BadIssuer as error:
            fail(str(error), exits.USAGE)
    here = f"{made.store.rstrip('/')}/lti"
    addresses = {"login": f"{here}/login", "launch": made.launch, "jwks": f"{here}/jwks"}
    if as_json:
        print_json({"name": name, **addresses})
    else:
        click.echo(f"initiate login URL: {addresses['login']}")
        click.echo(f"redirect, target link and deep linking URI: {addresses['launch']}")
        click.echo(f"public keyset URL: {addresses['jwks']}")


@lti.command("list")
@_where
def list_(data: Path, database: str | None, as_json: bool) -> None:
    """List the platforms."""
    with opened_store(Platforms, embedded_url, data, database, False) as store:
        found = store.all()
    names = ("name", "label", "tenant", "issuer", "client", "deployments")
    if as_json:
        print_json([{name: getattr(one, name) for name in names} for one in found])
        return
    table = Table("Name", "Label", "Tenant", "Issuer", "Client", "Deployments")
    for one in found:
        table.add_row(one.name, one.label, one.tenant, one.issuer, one.client, ", ".join(one.deployments))
    Console().print(table)


@lti.command()
@click.argument("name")
@_where
def remove(name: str, data: Path, database: str | None, as_json: bool) -> None:
    """A platform launches no more. Sessions go on until they end."""
    with opened_store(Platforms, embedded_url, data, database, False) as store:
        if not store.remove(name):
            fail(f"there is no platform {name}: `lrs lti list` names them all", exits.USAGE)
    if as_json:
        print_json({"removed": name})
    else:
        click.echo(f"{name} launches no more")
