"""The API process: `python -m lrs.processes.api --data DIR --port P`."""

from __future__ import annotations

import gc

import click
import msgspec
import orjson
import uvicorn

from lrs.app import build
from lrs.auth.tokens import Issuer, Tokens
from lrs.http.edge import Edge
from lrs.processes.process import die_with_parent, log_to_stderr
from lrs.processes.runtime import Runtime, runtime_options

DRAIN_SECONDS = 4  # for requests under way


@click.command()
@runtime_options
@click.option("--host", default="127.0.0.1")
@click.option("--port", type=int, required=True)
@click.option("--edge", default=None, help="What stands between clients and the application, as JSON.")
@click.option("--issuer", default=None, help="Whose bearer tokens are taken, as JSON.")
def main(runtime: Runtime, host: str, port: int, edge: str | None, issuer: str | None) -> None:
    """Serve the API until SIGTERM."""
    die_with_parent()
    log_to_stderr()
    app = build(runtime, msgspec.json.decode(edge, type=Edge) if edge else Edge())
    if issuer is not None:
        app.state.parts.tokens = Tokens(Issuer(**orjson.loads(issuer)))
    gc.freeze()  # what stands now stays: looking through it again and again holds requests up for tens of ms
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        proxy_headers=False,  # lrs.http.proxies reads them
        access_log=False,  # request lines hold agents, which are people
        log_level="warning",
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


if __name__ == "__main__":
    main()
