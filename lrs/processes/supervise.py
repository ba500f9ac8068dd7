"""Start the children of `lrs serve`, restart one that dies, stop them all in order."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from lrs import exits
from lrs.exits import DRAIN_SECONDS, as_parent
from lrs.files import LockedFile
from lrs.processes.child import READY
from lrs.processes.denied import require_access

_WATCH_SECONDS = 0.2  # between looks whether a child died
_LOOK_SECONDS = 1.0  # between calls of `look`
_RESTART_PAUSES = (0.05, 0.2, 1.0, 5.0)  # before a child that keeps dying is started again
_HALTED_PAUSE = 30.0  # before one that waits for a person is: it looks again whether it may go on
_STEADY_SECONDS = 10.0  # alive this long, a child's deaths are forgotten
_FAILED_STARTS = 5  # of an essential child that never said it was ready: it will not start by itself
_PASSING_EXITS = (exits.UNAVAILABLE, -signal.SIGKILL, -signal.SIGTERM)  # what is no fault of the child

logger = logging.getLogger(__name__)


class FolderInUse(Exception):
    """Another `lrs serve` works on this folder."""


class CannotStart(Exception):
    """A child cannot start, and would not if it were started again. `code` is its exit code."""

    def __init__(self, reason: str, code: int) -> None:
        super().__init__(reason)
        self.code = code


class FolderLock(LockedFile):
    """The lock of a data folder: a file with the id of the process that holds it. Raises FolderInUse where another
    does."""

    def __init__(self, data: Path) -> None:
        self._data = data
        super().__init__(_lock(data), str(os.getpid()).encode())

    def _lock(self) -> IO[bytes]:
        try:
            return super()._lock()
        except BlockingIOError as error:
            owner = folder_holder(self._data) or "unknown"
            raise FolderInUse(
                f"another `lrs serve` (process {owner}) works on {self._data}: stop it, or choose another --data"
            ) from error


def lock_folder(data: Path) -> FolderLock:
    """Lock the folder for this process, until what is returned is closed. Raises FolderInUse, UnreadableFile where a
    file is a folder, and OSError where what the folder holds may not be read or written."""
    require_access(data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return FolderLock(data)


def folder_holder(data: Path) -> int | None:
    """The id of the process that serves the folder; None when none does."""
    try:
        owner = int(_lock(data).read_text().strip())
        os.kill(owner, 0)
    except PermissionError:  # it is another user's
        return owner
    except (OSError, ValueError):
        return None
    return owner


def _lock(data: Path) -> Path:
    return data / "serve.lock"


@dataclass(slots=True)
class Child:
    """A process to keep alive: `python -m module arguments`."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)  # beside this process's own
    inherited: Sequence[int] = ()  # file descriptors
    essential: bool = False  # without it the others cannot work; it calls `process.say_ready`
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0  # since it was alive for a while
    failures: int = 0  # ends before it was ever ready
    ready: bool = False  # it has said so, once
    due: float = 0.0
    _listening: int | None = None  # where it reports that it is ready

    def start(self) -> None:
        self._stop_listening()
        self._listening, ready_pipe = os.pipe()
        os.set_blocking(self._listening, False)
        # A session of its own: Ctrl-C reaches the parent alone, which stops the children in order.
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.arguments],
                start_new_session=True,
                env=os.environ | self.environment | as_parent() | {READY: str(ready_pipe)},
                pass_fds=[*self.inherited, ready_pipe],
            )
        finally:
            os.close(ready_pipe)
        self.started = time.monotonic()

    def listen(self) -> None:
        """Take in what the process has said."""
        if self._listening is None:
            return
        with suppress(BlockingIOError):
            self.ready = os.read(self._listening, 1) != b"" or self.ready
            self._stop_listening()

    def _stop_listening(self) -> None:
        if self._listening is not None:
            os.close(self._listening)
            self._listening = None

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


class Supervisor:
    """Keeps children alive until `stop` is set. They are started in order and stopped in reverse order.

    `look` is called again and again meanwhile: what it raises stops them all.
    """

    def __init__(
        self, children: Sequence[Child], stop: threading.Event, look: Callable[[], None] = lambda: None
    ) -> None:
        self.children = list(children)
        self._stop = stop
        self._look = look

    def run(self) -> None:
        """Start all, watch, and stop all once `stop` is set. Raises CannotStart, and what `look` does."""
        for child in self.children:
            child.start()
        looked = 0.0
        try:
            while not self._stop.wait(_WATCH_SECONDS):
                if time.monotonic() - looked > _LOOK_SECONDS:
                    self._look()
                    looked = time.monotonic()
                for child in self.children:
                    self._watch(child)
        finally:
            self._end()

    def _watch(self, child: Child) -> None:
        now = time.monotonic()
        child.listen()
        if child.process is not None and (code := child.process.poll()) is not None:
            if now - child.started > _STEADY_SECONDS:
                child.deaths = 0
            child.due = now + (
                _HALTED_PAUSE if code == exits.HALTED else _RESTART_PAUSES[min(child.deaths, len(_RESTART_PAUSES) - 1)]
            )
            child.deaths += 1
            child.process = None
            if code in exits.PERMANENT:
                raise CannotStart(f"{child.name} cannot start: see its reason above (exit code {code})", code)
            child.failures += not child.ready and code not in _PASSING_EXITS
            if child.essential and child.failures >= _FAILED_STARTS:
                raise CannotStart(
                    f"{child.name} cannot start: ended {child.failures} times, now with exit code {code}; see its "
                    "reason above",
                    code,
                )
            logger.warning("%s: ended with exit code %s; starting again", child.name, code)
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
                logger.warning("%s: did not stop in time, killed; nothing acknowledged is lost", child.name)
                child.signal(signal.SIGKILL)
                child.process.wait()  # type: ignore[union-attr]
