"""Two at a time: while one thread waits for ClickHouse, the other computes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

THREADS = 2

_Item = TypeVar("_Item")


def overlap(do: Callable[[_Item], None], items: Iterable[_Item]) -> None:
    """Call `do` with every item, for at most THREADS of them at the same time; no more than these are held.

    Raises the first error, once nothing is under way any more.
    """
    waiting: deque[Future[None]] = deque()
    with ThreadPoolExecutor(THREADS, "reinterpret") as pool:
        for item in items:
            if len(waiting) == THREADS:
                waiting.popleft().result()
            waiting.append(pool.submit(do, item))
        for future in waiting:
            future.result()
