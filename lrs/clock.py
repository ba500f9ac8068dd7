"""The clock of the machine: the one place that reads it for times that are stored or compared with stored ones."""

from __future__ import annotations

import time


def system_time() -> int:
    """The time of this machine now, µs since the epoch."""
    return time.time_ns() // 1000
