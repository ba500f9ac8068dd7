"""Read your writes: a process waits until what it acknowledged can be found."""

from __future__ import annotations

import asyncio

from lrs.errors import Transient
from lrs.record.finder import Finder

WAIT_SECONDS = 5.0


class Acknowledged:
    """How far one process has acknowledged statements.

    Args:
        position: the end of the log when the process started.
    """

    def __init__(self, finder: Finder, position: int) -> None:
        self._finder = finder
        self._position = position

    def advance(self, position: int | None) -> None:
        """Remember the position after a statement that is about to be acknowledged, where it is known."""
        if position is not None:
            self._position = max(self._position, position)

    async def settle(self) -> None:
        """Wait until every statement acknowledged by this process can be found. Raises Transient if it takes too long.

        Where the log has many writers nobody waits: X-Experience-API-Consistent-Through says what can be found.
        """
        if not self._finder.at_once or self._finder.holds(self._position):
            return
        if not await asyncio.to_thread(self._finder.wait, self._position, WAIT_SECONDS):
            raise Transient("the tables are behind what was acknowledged")
