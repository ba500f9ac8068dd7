"""The clock of the machine, in µs: for times of events, and what is compared with them. Logins count in seconds."""

from __future__ import annotations

import time


def system_time() -> int:
    """The time of this machine now, µs since the epoch."""
    return time.time_ns() // 1000
