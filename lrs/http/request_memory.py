"""Memory that requests hold: each within its limits, and all of a process together within one.

A body becomes objects that are larger than it: up to FACTOR times, of the shortest values that JSON has. Handlers limit
their bodies so that none becomes more than 64 MiB; here, those that are held at the same time are counted.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from lrs.http.errors import HttpError
from schemas.wording import worded

FACTOR = 32
MOST_PARSED = 2 << 20  # bytes of a body that becomes objects as a whole: 64 MiB of them at most
MOST_TOGETHER = 384 << 20  # bytes of objects, of all requests of a process
_SHARE = "pacer.memory"


class RequestMemory:
    """Counts what the requests of one process hold. For one event loop."""

    def __init__(self, app: ASGIApp, most: int = MOST_TOGETHER) -> None:
        self._app = app
        self._most = most
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        share = scope[_SHARE] = _HeldByRequest(self)
        try:
            await self._app(scope, receive, send)
        finally:
            self._held -= share.held

    def grow(self, size: int) -> None:
        """Count more bytes of a request. Raises HttpError (503) where all requests together hold too many."""
        if self._held + size > self._most:
            raise HttpError(
                503,
                worded("the store holds as many large requests as it has memory for: try again"),
                headers={"Retry-After": "1", "Connection": "close"},
            )
        self._held += size


class _HeldByRequest:
    """What one request holds."""

    def __init__(self, memory: RequestMemory) -> None:
        self._memory = memory
        self.held = 0

    def grow(self, size: int) -> None:
        self._memory.grow(size)
        self.held += size


def hold_memory(scope: Scope, size: int, factor: int = FACTOR) -> None:
    """Count bytes that a request holds until it is answered, and what they become. Raises HttpError (503)."""
    share: _HeldByRequest | None = scope.get(_SHARE)
    if share is not None:
        share.grow(size * factor)
