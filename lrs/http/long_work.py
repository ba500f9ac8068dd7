"""Work that takes seconds: few at a time, in threads of its own, so that quick requests always find a thread."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from lrs.http.errors import HttpError
from schemas.wording import worded

MOST_PLANS = 4
MOST_PLANS_OF_A_TENANT = 2
MOST_IMPORTS = 2
MOST_IMPORTS_OF_A_TENANT = 1
MOST_READINGS = 2
MOST_READINGS_OF_A_TENANT = 1
MOST_CARDS = 2
MOST_CARDS_OF_A_TENANT = 1
MOST_MERGES = 3
MOST_MERGES_OF_A_TENANT = 2
MOST_WAITING = 20  # of a kind of work
MOST_MERGES_WAITING = 400  # each takes milliseconds, and a school's tools may all send at once
WAIT_SECONDS = 10.0
_RETRY_AFTER = {"Retry-After": "5"}

_Found = TypeVar("_Found")


class LongWork:
    """One kind of long work, few at a time. For one event loop. `what` is said to whoever is refused."""

    def __init__(
        self,
        work_named: str,
        most: int,
        most_of_a_tenant: int,
        wait: float = WAIT_SECONDS,
        most_waiting: int | None = None,  # MOST_WAITING
    ) -> None:
        self._what = work_named
        self._most = most
        self._most_of_a_tenant = most_of_a_tenant
        self._wait = wait
        self._most_waiting = most_waiting
        self._running: Counter[str] = Counter()
        self._waiting: list[asyncio.Future[None]] = []
        self._threads: CapacityLimiter | None = None

    async def run(self, tenant: str, work: Callable[[], _Found]) -> _Found:
        """What work gives, once it is its turn. Raises what it raises, and HttpError (503) where no turn comes."""
        if self._threads is None:
            self._threads = CapacityLimiter(self._most)
        async with self._turn(tenant):
            return await to_thread.run_sync(work, limiter=self._threads)

    @asynccontextmanager
    async def _turn(self, tenant: str) -> AsyncIterator[None]:
        until = asyncio.get_running_loop().time() + self._wait
        while self._running.total() >= self._most or self._running[tenant] >= self._most_of_a_tenant:
            await self._woken(until)
        self._running[tenant] += 1
        try:
            yield
        finally:
            self._running[tenant] -= 1
            self._running += Counter()  # forgets tenants that have none
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_result(None)

    async def _woken(self, until: float) -> None:
        """Until some work has ended. Raises HttpError (503)."""
        loop = asyncio.get_running_loop()
        seconds_left = until - loop.time()
        if seconds_left <= 0 or len(self._waiting) >= (self._most_waiting or MOST_WAITING):
            raise self._busy()
        waiting = loop.create_future()
        self._waiting.append(waiting)
        try:
            await asyncio.wait_for(waiting, seconds_left)
        except TimeoutError:
            raise self._busy() from None
        finally:
            self._waiting.remove(waiting)

    def _busy(self) -> HttpError:
        return HttpError(503, worded("%(what)s for others: try again", what=self._what), headers=_RETRY_AFTER)


@dataclass(frozen=True, slots=True)
class LongWorks:
    """All kinds of one process: plans, groups and checks; rosters and skills; what reads much of the past;
    sign-in cards; and documents that are merged."""

    plans: LongWork = field(
        default_factory=lambda: LongWork(
            worded("the store is making as many plans as it can"), MOST_PLANS, MOST_PLANS_OF_A_TENANT
        )
    )
    imports: LongWork = field(
        default_factory=lambda: LongWork(
            worded("the store is importing as much as it can"), MOST_IMPORTS, MOST_IMPORTS_OF_A_TENANT
        )
    )
    readings: LongWork = field(
        default_factory=lambda: LongWork(
            worded("the store is reading as much as it can"), MOST_READINGS, MOST_READINGS_OF_A_TENANT
        )
    )
    cards: LongWork = field(
        default_factory=lambda: LongWork(
            worded("the store is drawing sign-in cards"), MOST_CARDS, MOST_CARDS_OF_A_TENANT
        )
    )
    merges: LongWork = field(
        default_factory=lambda: LongWork(
            *("is merging as many documents as it can", MOST_MERGES, MOST_MERGES_OF_A_TENANT),
            most_waiting=MOST_MERGES_WAITING,
        )
    )
