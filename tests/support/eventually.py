"""Wait for what becomes true by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_SECONDS = 240.0  # that a test waits; only a fault takes so long, or a very busy machine


def eventually(true: Callable[[], bool], seconds: float = LIMIT_SECONDS) -> None:
    """Wait until it is true; it must become so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true in {seconds} s"
        time.sleep(0.05)
