"""Wait for what becomes true by itself."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(true: Callable[[], bool], seconds: float = 240) -> None:
    """Wait until it is true; it must become so."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not true in {seconds} s"
        time.sleep(0.05)
