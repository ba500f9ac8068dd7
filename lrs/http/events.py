"""Server-sent events: what changes, as it changes, for as long as a client listens and no longer than some minutes.

A client that is cut off connects again by itself and says after which event; so whoever signed out, or lost a role, is
asked again soon.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.signed_in import account_of

MOST_STREAMS = 200  # of a process
MOST_STREAMS_OF_A_LOGIN = 100  # so that nobody alone keeps all others from theirs
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
        self._open: dict[object, str] = {}  # whose each is

    async def answer(
        self, request: Request, look: Look, after: str, seconds: float = STREAM_SECONDS, whose: str = ""
    ) -> Response:
        """A stream of what `look` gives, for so long at most.

        Raises HttpError (503) where too many are open, in all or of one login, and as `look` does.
        """
        own = sum(stream_owner == whose for stream_owner in self._open.values())
        if len(self._open) >= MOST_STREAMS or own >= MOST_STREAMS_OF_A_LOGIN:
            raise HttpError(503, "too many streams are open: try again", headers={"Retry-After": "30"})
        stream = object()
        self._open[stream] = whose  # from here on: many may ask before the first has looked
        try:
            first_events = await look(after)
        except BaseException:  # a cancelled request, too, must free its stream; the error goes on to the caller
            self._close(stream)
            raise
        events = self._events(request, look, after, first_events, seconds, stream)
        return _Streamed(events, partial(self._close, stream))

    def _close(self, stream: object) -> None:
        self._open.pop(stream, None)

    async def _events(
        self,
        request: Request,
        look: Look,
        after: str,
        new_events: list[ServerSentEvent],
        seconds: float,
        stream: object,
    ) -> AsyncIterator[bytes]:
        try:
            stream_end = time.monotonic() + min(seconds, self._seconds)
            beat = time.monotonic()
            yield _RETRY
            while True:
                for event in new_events:
                    after, beat = event.id, time.monotonic()
                    yield event.encoded()
                if time.monotonic() - beat >= _BEAT_SECONDS:
                    beat = time.monotonic()
                    yield b": still here\n\n"
                if time.monotonic() >= stream_end or await request.is_disconnected():
                    return
                await asyncio.sleep(max(0.0, min(self._every, stream_end - time.monotonic())))
                try:
                    new_events = await look(after)
                except TRANSLATED_ERRORS:  # the client connects again, and gets the error
                    return
        finally:
            self._close(stream)


class _Streamed(StreamingResponse):
    """Ends with its connection, also where that is gone before the first event was asked for."""

    def __init__(self, events: AsyncIterator[bytes], close: Callable[[], None]) -> None:
        super().__init__(events, 200, HEADERS, "text/event-stream")
        self._close = close

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._close()


def listener(request: Request) -> str:
    """Whose stream a request asks for: an account's, or a credential's."""
    account = account_of(request)
    return account.id if account else hashlib.sha256(request.headers.get("authorization", "").encode()).hexdigest()
