"""Start the children of `lrs serve`, restart one that dies, stop them all cleanly."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

DRAIN_SECONDS = 8.0  # of the 10 that a stop may take
_PAUSES = (0.05, 0.2, 1.0, 5.0)  # before a child that keeps dying is started again
_STEADY_SECONDS = 10.0  # alive this long, a child's deaths are forgotten

logger = logging.getLogger(__name__)


class Taken(Exception):
    """Another `lrs serve` works on this folder."""


def take(data: Path) -> IO[str]:
    """Take the folder for this process, until the file that is given back is closed. Raises Taken."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (data / "serve.lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.seek(0)
        owner = lock.read().strip() or "unknown"
        lock.close()
        raise Taken(
            f"another `lrs serve` (process {owner}) works on {data}: stop it, or choose another --data"
        ) from error
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


@dataclass(slots=True)
class Child:
    """A process to keep alive: `python -m module arguments`."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)  # beside this process's own
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    due: float = field(default=0.0)

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches the parent alone, which stops the children in order.
        self.process = subprocess.Popen(
            [sys.executable, "-m", *self.arguments], start_new_session=True, env=os.environ | self.environment
        )
        self.started = time.monotonic()

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


class Supervisor:
    """Keeps children alive until `stop` is set. They are started in order and stopped in reverse order."""

    def __init__(self, children: Sequence[Child], stop: threading.Event) -> None:
        self.children = list(children)
        self._stop = stop

    def run(self) -> None:
        """Start all, watch, and stop all once `stop` is set."""
        for child in self.children:
            child.start()
        try:
            while not self._stop.wait(0.05):
                for child in self.children:
                    self._watch(child)
        finally:
            self._end()

    def _watch(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is not None and child.process.poll() is not None:
            if now - child.started > _STEADY_SECONDS:
                child.deaths = 0
            child.due = now + _PAUSES[min(child.deaths, len(_PAUSES) - 1)]
            child.deaths += 1
            logger.warning("%s ended with code %s; it is started again", child.name, child.process.returncode)
            child.process = None
        if child.process is None and now >= child.due:
            child.start()

    def _end(self) -> None:
        deadline = time.monotonic() + DRAIN_SECONDS
        for child in reversed(self.children):
            child.signal(signal.SIGTERM)
            try:
                if child.process is not None:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.warning("%s did not stop in time and was killed; nothing acknowledged is lost", child.name)
                child.signal(signal.SIGKILL)
                child.process.wait()  # type: ignore[union-attr]
