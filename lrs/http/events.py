"""Server-sent events: what changes, as it changes, for as long as a client listens and no longer than some minutes.

Every few seconds a stream is authorized again, as its request was: it ends where that is refused by then, as after
signing out. A client that is cut off connects again by itself and says after which event.
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

from lrs.errors import Transient
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.login import Tenant
from lrs.http.signed_in import account_of

MOST_STREAMS = 200  # of a process
MOST_STREAMS_OF_A_LOGIN = 100  # so that nobody alone keeps all others from theirs
STREAM_SECONDS = 300.0
LOOK_SECONDS = 2.0
AUTHORIZE_SECONDS = 4.0  # costs each stream a question or two to the transactional database
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
Authorized = Callable[[], Awaitable[bool]]  # whether a stream may go on; raises Transient where nobody can say


class Streams:
    """The streams of one process. For one event loop."""

    def __init__(self, seconds: float = STREAM_SECONDS, every: float = LOOK_SECONDS) -> None:
        self._seconds, self._every = seconds, every
        self._open: dict[object, str] = {}  # whose each is

    async def answer(
        self,
        request: Request,
        authorized: Authorized,
        look: Look,
        after: str,
        seconds: float = STREAM_SECONDS,
        whose: str = "",
    ) -> Response:
        """A stream of what `look` gives, for so long at most, and while it is `authorized`.

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
        events = self._events(request, authorized, look, after, first_events, seconds, stream)
        return _Streamed(events, partial(self._close, stream))

    def _close(self, stream: object) -> None:
        self._open.pop(stream, None)

    async def _events(
        self,
        request: Request,
        authorized: Authorized,
        look: Look,
        after: str,
        new_events: list[ServerSentEvent],
        seconds: float,
        stream: object,
    ) -> AsyncIterator[bytes]:
        try:
            stream_end = time.monotonic() + min(seconds, self._seconds)
            beat = time.monotonic()
            authorize_at = time.monotonic() + AUTHORIZE_SECONDS
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
                new_events = []
                if time.monotonic() >= authorize_at:
                    try:
                        if not await authorized():
                            return
                    except Transient:  # the next look asks again, and nothing is sent meanwhile
                        continue
                    authorize_at = time.monotonic() + AUTHORIZE_SECONDS
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


def same_login(request: Request, tenant: Tenant, tenant_id: str) -> Authorized:
    """Whether a request would be let in now as it was, about the data of the same tenant."""

    async def authorized() -> bool:
        try:
            return await tenant(request) == tenant_id
        except Transient:
            raise
        except TRANSLATED_ERRORS:
            return False

    return authorized


def listener(request: Request) -> str:
    """Whose stream a request asks for: an account's, or a credential's."""
    account = account_of(request)
    return account.id if account else hashlib.sha256(request.headers.get("authorization", "").encode()).hexdigest()
