"""`lrs serve`: one command that runs everything on this machine."""

from __future__ import annotations

import click
import msgspec
import orjson

from lrs.auth.credentials import DEFAULT_TENANT, BadCredential, Credentials, embedded_url
from lrs.auth.tokens import Issuer
from lrs.cli.edge import edge_options
from lrs.cli.issuer import issuer, issuer_options
from lrs.cli.options import EXIT_TAKEN, EXIT_USAGE, fail
from lrs.http.edge import Edge
from lrs.processes.process import log_to_stderr, stop_on_signals
from lrs.processes.runtime import Runtime, runtime_options
from lrs.processes.supervise import Child, Supervisor, Taken, take


@click.command()
@runtime_options
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port to listen on.")
@click.option("--credential", "credentials", multiple=True, metavar="KEY:SECRET[:TENANT]", help="Add a credential.")
@edge_options
@issuer_options
def serve(runtime: Runtime, host: str, port: int, credentials: tuple[str, ...], edge: Edge, **oidc: str | None) -> None:
    """Run the API, the processors and the embedded engine; with --kafka the API alone, beside `lrs worker`."""
    log_to_stderr()
    if runtime.kafka and not (runtime.clickhouse and runtime.database):
        fail("--kafka goes with --clickhouse and --database: what is embedded serves one machine alone", EXIT_USAGE)
    trusted = issuer(oidc)
    try:
        lock = take(runtime.data)
    except Taken as error:
        fail(str(error), EXIT_TAKEN)
    add(runtime, credentials)
    stop = stop_on_signals()
    click.echo(f"Pacer: xAPI at http://{host}:{port}/xAPI, board at http://{host}:{port}/board", err=True)
    with lock:
        Supervisor(children(runtime, host, port, trusted, edge), stop).run()


def children(
    runtime: Runtime, host: str, port: int, trusted: Issuer | None = None, edge: Edge | None = None
) -> list[Child]:
    """What `lrs serve` keeps alive, in the order of starting."""
    environment = runtime.environment()
    tokens = ["--issuer", orjson.dumps(trusted).decode()] if trusted else []
    around = ["--edge", msgspec.json.encode(edge).decode()] if edge else []
    api = Child("api", ["lrs.processes.api", *tokens, *around, "--host", host, "--port", str(port)], environment)
    if runtime.kafka:
        return [api]
    engine = Child("engine", ["lrs.engine.serve", "--port", "0", "--die-with-parent"], environment)
    processors = Child("processors", ["processors.runtime.embedded"], environment)
    return [processors, api] if runtime.clickhouse else [engine, processors, api]


def add(runtime: Runtime, given: tuple[str, ...]) -> None:
    """Add credentials given as KEY:SECRET[:TENANT]; those that were revoked stay so, whatever a start script says."""
    store = Credentials(runtime.database or embedded_url(runtime.data))
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
