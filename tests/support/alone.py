"""One test process at a time: for what all of them install in the same place."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(name: str) -> Iterator[None]:
    """Hold the lock of this name on this machine."""
    with (Path(tempfile.gettempdir()) / f"pacer-tests-{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
