"""What tests serve on a port of the loopback: an application, or a handler of requests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import uvicorn
from fastapi import FastAPI

from lrs.auth import keys, oidc


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Where it is served, until the block ends. Its parts are not closed."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < deadline, "the application did not start"
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def handling(handler: type[BaseHTTPRequestHandler]) -> Iterator[ThreadingHTTPServer]:
    """A server of requests, until the block ends. No proxy that the environment names is asked for what it has.

    A busy machine may let it answer late: in this process, an issuer has a minute.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("NO_PROXY", "127.0.0.1")
            for module in (keys, oidc):
                environment.setattr(module, "TIMEOUT_SECONDS", 60.0)
            yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
