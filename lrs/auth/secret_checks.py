"""Checks of secrets, which are expensive: one at a time of the same, few at once, and only so many guesses."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from lrs.auth.limits import Failures

_AT_ONCE = 4  # each takes 16 MiB and ~50 ms of a core


class SecretChecks:
    """The checks of one process. For one event loop. `clock` gives seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._failures = Failures(clock)
        self._under_way: dict[str, asyncio.Task[float]] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def check(self, verify: Callable[[str], object], header: str, address: str, key: str) -> float:
        """Have `verify` (which runs in a thread) check a header; requests with the same one share a check.

        Gives 0.0, or the seconds to wait, as too many wrong secrets came from the address: then nothing was checked.
        """
        checking = self._under_way.get(header)
        if checking is None:
            checking = asyncio.create_task(self._check(verify, header, address, key))
            self._under_way[header] = checking
            checking.add_done_callback(lambda _: self._under_way.pop(header, None))
        return await asyncio.shield(checking)

    async def _check(self, verify: Callable[[str], object], header: str, address: str, key: str) -> float:
        # Charged before the secret is checked, so that many concurrent guesses are counted too.
        if wait := self._failures.take(address, key):
            return wait
        async with self._room:
            right = await asyncio.to_thread(verify, header)
        if right:
            self._failures.give_back(address, key)
        return 0.0
