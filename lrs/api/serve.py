"""The API process: `python -m lrs.api.serve --data DIR --port P`."""

from __future__ import annotations

import gc
from pathlib import Path

import click
import uvicorn

from lrs.api.app import build
from lrs.process import die_with_parent, log_to_stderr

DRAIN_SECONDS = 4  # for requests under way


@click.command()
@click.option("--data", type=click.Path(path_type=Path), required=True)
@click.option("--host", default="127.0.0.1")
@click.option("--port", type=int, required=True)
@click.option("--clickhouse", default=None)
@click.option("--attachments", default=None)
def main(data: Path, host: str, port: int, clickhouse: str | None, attachments: str | None) -> None:
    """Serve the API until SIGTERM."""
    die_with_parent()
    log_to_stderr()
    app = build(data, clickhouse, attachments)
    gc.freeze()  # what stands now stays: looking through it again and again holds requests up for tens of ms
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,  # request lines hold agents, which are people
        log_level="warning",
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


if __name__ == "__main__":
    main()
