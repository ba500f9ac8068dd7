"""`lrs serve`: one command that runs everything on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import click

from lrs.attachments.address import bucket
from lrs.auth.credentials import DEFAULT_TENANT, BadCredential, Credentials, embedded_url
from lrs.cli.options import EXIT_TAKEN, clickhouse_option, data_option, fail
from lrs.process import log_to_stderr, stop_on_signals
from lrs.supervise import Child, Supervisor, Taken, take


def checked_url(_: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The address of an object store, refused here with its option's name rather than in a child."""
    try:
        if value:
            bucket(value)
    except ValueError as error:
        raise click.BadParameter(str(error), param=parameter) from None
    return value


@click.command()
@data_option
@clickhouse_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port to listen on.")
@click.option(
    "--attachments",
    envvar="PACER_ATTACHMENTS",
    callback=checked_url,
    metavar="s3://BUCKET/PREFIX",
    help="An object store for attachments instead of a folder; its keys and endpoint come from AWS_… variables.",
)
@click.option("--credential", "credentials", multiple=True, metavar="KEY:SECRET[:TENANT]", help="Add a credential.")
def serve(
    data: Path, clickhouse: str | None, host: str, port: int, attachments: str | None, credentials: tuple[str, ...]
) -> None:
    """Run the API, the processors and (without --clickhouse) the embedded engine."""
    log_to_stderr()
    try:
        lock = take(data)
    except Taken as error:
        fail(str(error), EXIT_TAKEN)
    add(data, credentials)
    stop = stop_on_signals()
    click.echo(f"Pacer: xAPI at http://{host}:{port}/xAPI, board at http://{host}:{port}/board", err=True)
    with lock:
        Supervisor(children(data, clickhouse, host, port, attachments), stop).run()


def children(data: Path, clickhouse: str | None, host: str, port: int, attachments: str | None = None) -> list[Child]:
    """What `lrs serve` keeps alive, in the order of starting."""
    common = ["--data", os.fspath(data)]
    store = ["--clickhouse", clickhouse] if clickhouse else []
    found = [] if clickhouse else [Child("engine", ["lrs.store.engine", *common, "--port", "0", "--die-with-parent"])]
    found.append(Child("processors", ["processors.embedded", *common, *store]))
    objects = ["--attachments", attachments] if attachments else []
    found.append(Child("api", ["lrs.api.serve", *common, *store, *objects, "--host", host, "--port", str(port)]))
    return found


def add(data: Path, given: tuple[str, ...]) -> None:
    """Add credentials given as KEY:SECRET[:TENANT]."""
    store = Credentials(embedded_url(data))
    for one in given:
        key, _, rest = one.partition(":")
        secret, _, tenant = rest.partition(":")
        try:
            store.add(key, secret, tenant or DEFAULT_TENANT)
        except BadCredential as error:
            fail(f"--credential: {error} (KEY:SECRET or KEY:SECRET:TENANT)")
    store.close()
