"""`lrs serve`: one command that runs everything on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import click
import orjson

from lrs.auth.credentials import DEFAULT_TENANT, BadCredential, Credentials, embedded_url
from lrs.auth.tokens import Issuer
from lrs.cli.issuer import issuer, issuer_options
from lrs.cli.options import EXIT_TAKEN, clickhouse_option, data_option, fail
from lrs.process import log_to_stderr, stop_on_signals
from lrs.supervise import Child, Supervisor, Taken, take


@click.command()
@data_option
@clickhouse_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port to listen on.")
@click.option("--credential", "credentials", multiple=True, metavar="KEY:SECRET[:TENANT]", help="Add a credential.")
@issuer_options
def serve(
    data: Path, clickhouse: str | None, host: str, port: int, credentials: tuple[str, ...], **oidc: str | None
) -> None:
    """Run the API, the processors and (without --clickhouse) the embedded engine."""
    log_to_stderr()
    trusted = issuer(oidc)
    try:
        lock = take(data)
    except Taken as error:
        fail(str(error), EXIT_TAKEN)
    add(data, credentials)
    stop = stop_on_signals()
    click.echo(f"Pacer: xAPI at http://{host}:{port}/xAPI, board at http://{host}:{port}/board", err=True)
    with lock:
        Supervisor(children(data, clickhouse, host, port, trusted), stop).run()


def children(data: Path, clickhouse: str | None, host: str, port: int, trusted: Issuer | None = None) -> list[Child]:
    """What `lrs serve` keeps alive, in the order of starting."""
    common = ["--data", os.fspath(data)]
    store = ["--clickhouse", clickhouse] if clickhouse else []
    found = [] if clickhouse else [Child("engine", ["lrs.store.engine", *common, "--port", "0", "--die-with-parent"])]
    found.append(Child("processors", ["processors.embedded", *common, *store]))
    tokens = ["--issuer", orjson.dumps(trusted).decode()] if trusted else []
    found.append(Child("api", ["lrs.api.serve", *common, *store, *tokens, "--host", host, "--port", str(port)]))
    return found


def add(data: Path, given: tuple[str, ...]) -> None:
    """Add credentials given as KEY:SECRET[:TENANT]; those that were revoked stay so, whatever a start script says."""
    store = Credentials(embedded_url(data))
    for one in given:
        key, _, rest = one.partition(":")
        secret, _, tenant = rest.partition(":")
        standing = store.get(key)
        if standing and standing.revoked:
            click.echo(f"lrs: {key} stays revoked: `lrs credentials rotate {key}` gives it back its use", err=True)
            continue
        try:
            store.add(key, secret, tenant or DEFAULT_TENANT)
        except BadCredential as error:
            fail(f"--credential: {error} (KEY:SECRET or KEY:SECRET:TENANT)")
    store.close()
