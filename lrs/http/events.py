"""Server-sent events: what changes, as it changes, for as long as a client listens and no longer than some minutes.

A client that is cut off connects again by itself and says after which event; so whoever signed out, or lost a role, is
asked again soon.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from lrs.http.errors import ANSWERED, HttpError

MOST_STREAMS = 200  # of a process
STREAM_SECONDS = 300.0
LOOK_SECONDS = 2.0
_BEAT_SECONDS = 15.0  # a proxy cuts what is silent
_RETRY = b"retry: 3000\n\n"
HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class ServerSentEvent(NamedTuple):
    """What is sent. data is one line; id is what the client says when it connects again."""

    name: str
    id: str
    data: str

    def encoded(self) -> bytes:
        return f"event: {self.name}\nid: {self.id}\ndata: {self.data}\n\n".encode()


Look = Callable[[str], Awaitable[list[ServerSentEvent]]]  # what came after an id


class Streams:
    """The streams of one process. For one event loop."""

    def __init__(self, seconds: float = STREAM_SECONDS, every: float = LOOK_SECONDS) -> None:
        self._seconds, self._every = seconds, every
        self._open = 0

    async def answer(self, request: Request, look: Look, after: str, seconds: float = STREAM_SECONDS) -> Response:
        """A stream of what `look` gives, for so long at most.

        Raises HttpError (503) where too many are open, and as `look` does.
        """
        if self._open >= MOST_STREAMS:
            raise HttpError(503, "too many streams are open: try again", headers={"Retry-After": "30"})
        first = await look(after)
        return StreamingResponse(self._events(request, look, after, first, seconds), 200, HEADERS, "text/event-stream")

    async def _events(
        self, request: Request, look: Look, after: str, found: list[ServerSentEvent], seconds: float
    ) -> AsyncIterator[bytes]:
        self._open += 1
        try:
            end = time.monotonic() + min(seconds, self._seconds)
            beat = time.monotonic()
            yield _RETRY
            while True:
                for event in found:
                    after, beat = event.id, time.monotonic()
                    yield event.encoded()
                if time.monotonic() - beat >= _BEAT_SECONDS:
                    beat = time.monotonic()
                    yield b": still here\n\n"
                if time.monotonic() >= end or await request.is_disconnected():
                    return
                await asyncio.sleep(max(0.0, min(self._every, end - time.monotonic())))
                try:
                    found = await look(after)
                except ANSWERED:  # the client connects again, and gets the error
                    return
        finally:
            self._open -= 1
