"""Read your writes: wait until what was acknowledged here can be found."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool

from lrs.errors import Transient
from lrs.http.state import State

WAIT_SECONDS = 5.0


async def settled(parts: State) -> None:
    """Wait for every statement acknowledged by this process. Raises Transient when that takes too long.

    Where the log has many writers nobody waits: X-Experience-API-Consistent-Through tells what can be found.
    """
    if not parts.finder.at_once or parts.finder.holds(parts.acknowledged):
        return
    if not await run_in_threadpool(parts.finder.wait, parts.acknowledged, WAIT_SECONDS):
        raise Transient("the store is catching up")
