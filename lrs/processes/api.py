"""The API process: `python -m lrs.processes.api --data DIR --fd N`."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import FrameType

import click
import msgspec
import orjson
import uvicorn

from lrs import exits
from lrs.app import build
from lrs.auth.issuer import Issuer
from lrs.errors import Failure, LostData
from lrs.exits import die_with_parent
from lrs.http.edge import Edge
from lrs.http.protocol import CONNECTIONS, LimitedProtocol
from lrs.log import Damaged
from lrs.log.damage_memory import DAMAGE_ADVICE
from lrs.processes.alerting import Alerting
from lrs.processes.assemble import assemble
from lrs.processes.child import log_to_stderr, say_ready
from lrs.processes.freed_memory import share_freed_memory
from lrs.processes.long_lived import LongLived
from lrs.processes.options import json_option, runtime_options
from lrs.processes.runtime import Runtime

DRAIN_SECONDS = 4  # for requests under way
SWITCH_SECONDS = 0.0005  # of the interpreter between threads: an answer waits for it at each of its many steps
TICK_SECONDS = 1.0  # between looks at the clock
IDLE_SECONDS = 10  # of a connection; clients that keep one for 5 s (Node, httpx) close it before this end does

logger = logging.getLogger(__name__)
_edge_decoder = msgspec.json.Decoder(Edge)


class ApiServer(uvicorn.Server):
    """uvicorn's server, which looks ten times a second whether to end: here a signal wakes it, and a date of answers
    that is a second old is enough."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ending: Callable[[], object] = lambda: None  # nobody waits yet

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        say_ready()

    async def main_loop(self) -> None:
        ending = asyncio.Event()
        self._ending = partial(asyncio.get_running_loop().call_soon_threadsafe, ending.set)
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), TICK_SECONDS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._ending()


@click.command()
@runtime_options
@click.option("--fd", type=int, required=True, help="The listening socket, inherited from the parent.")
@click.option("--edge", default=None, help="What is between clients and the application, as JSON.")
@click.option("--issuer", default=None, help="Whose bearer tokens are accepted, as JSON.")
@json_option
def main(runtime: Runtime, fd: int, edge: str | None, issuer: str | None, as_json: bool) -> None:
    """Serve the API until SIGTERM."""
    die_with_parent()
    log_to_stderr(as_json)
    share_freed_memory()
    listener = socket.socket(fileno=fd)
    try:
        parts = assemble(runtime, Issuer(**orjson.loads(issuer)) if issuer else None)
    except Failure as error:
        advice = f"; {DAMAGE_ADVICE}" if isinstance(error, Damaged) else ""
        logger.critical("the API cannot start: %s%s", error, advice)
        sys.exit(exits.UNREADABLE if isinstance(error, LostData) else exits.UNAVAILABLE)
    # On one machine the processors do it: here it would hold up answers.
    alerting = Alerting(runtime, parts.store, parts.catalogs) if runtime.kafka else None
    if alerting is not None:
        alerting.start()
    app = build(parts, _edge_decoder.decode(edge) if edge else Edge())
    sys.setswitchinterval(SWITCH_SECONDS)
    LongLived().set_aside()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=LimitedProtocol,
        limit_concurrency=CONNECTIONS,
        proxy_headers=False,  # lrs.http.proxies reads them
        access_log=False,  # request lines hold agents, which are people
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=IDLE_SECONDS,
    )
    try:
        ApiServer(config).run(sockets=[listener])
    finally:
        if alerting is not None:
            alerting.stop()


if __name__ == "__main__":
    main()
