"""Garbage collection in a process that answers: what lives long is looked through once in an hour, not every few
seconds.

Python looks through all objects that hold others whenever enough new ones have outlived some while. With a catalog of
thousands of changes that holds every request up for tens of milliseconds, and finds next to nothing.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import Any

_THOROUGH_SECONDS = 3_600.0  # between looks at everything: a ring among what lived long is garbage for so long
_FULL = 2  # the generation that all others are collected with


class LongLived:
    """Sets aside whatever outlives a full collection, so that the next one looks at what came since.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked = clock()

    def set_aside(self) -> None:
        """Set aside all that there is, and from now on what outlives a full collection."""
        gc.freeze()
        gc.callbacks.append(self._collecting)

    def stop(self) -> None:
        """Collect as Python does again."""
        gc.callbacks.remove(self._collecting)
        gc.unfreeze()

    def _collecting(self, phase: str, info: dict[str, Any]) -> None:
        if info["generation"] != _FULL:
            return
        if phase == "stop":
            gc.freeze()
        elif self._clock() - self._looked >= _THOROUGH_SECONDS:
            gc.unfreeze()
            self._looked = self._clock()
