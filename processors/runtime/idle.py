"""Waiting for a topic of the embedded log to grow, at the cost of nothing while it does not."""

from __future__ import annotations

import ctypes
import errno
import os
import select
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

LOOK_SECONDS = 0.02  # between looks while the topic grows: how soon an event is seen
ACTIVE_SECONDS = 2.0  # after its file was written to: an append becomes visible a moment after its last write
IDLE_SECONDS = 5.0  # between looks while nothing is written: notifications hasten work, it does not depend on them
BLIND_SECONDS = 0.1  # the same where the system has no notifications

_IN_MODIFY, _IN_MOVED_TO, _IN_CREATE = 0x2, 0x80, 0x100
_INOTIFY_EVENT = struct.Struct("iIII")
_READ_BYTES = 1 << 16


class Waits(Protocol):
    """Where a reader waits while there is nothing to read."""

    def wait(self) -> None:
        """Wait until it is worth looking again."""

    def moved(self) -> None:
        """There was something to read."""


class Interval:
    """Waits as long each time, where looking costs little and nobody tells of changes."""

    def __init__(self, stop: threading.Event, seconds: float = IDLE_SECONDS) -> None:
        self._stop = stop
        self._seconds = seconds

    def wait(self) -> None:
        self._stop.wait(self._seconds)

    def moved(self) -> None:
        """It makes no difference that there was something to read: the interval stays."""


class Idle:
    """Where the reader of a topic waits while there is nothing to read.

    Args:
        stop: ends a wait; who sets it calls `wake` as well.
        folder: of the log; its files of one topic begin with `topic` and a dot.
    """

    def __init__(self, stop: threading.Event, folder: Path, topic: str) -> None:
        self._stop = stop
        self._prefix = f"{topic}.".encode()
        self._inotify = _inotify_of(folder)
        self._woken = os.eventfd(0) if self._inotify is not None else None
        self._active = time.monotonic()

    def wait(self) -> None:
        """Wait until it is worth looking again."""
        if time.monotonic() - self._active < ACTIVE_SECONDS:
            self._stop.wait(LOOK_SECONDS)
        elif self._inotify is None or self._woken is None:
            self._stop.wait(BLIND_SECONDS)
        elif self._written(self._inotify, self._woken):
            self._active = time.monotonic()

    def moved(self) -> None:
        """There was something to read."""
        self._active = time.monotonic()

    def wake(self) -> None:
        """End the wait under way, and those to come, for `stop` is set."""
        if self._woken is not None:
            os.eventfd_write(self._woken, 1)

    def close(self) -> None:
        """Let go of the folder."""
        for descriptor in (self._inotify, self._woken):
            if descriptor is not None:
                os.close(descriptor)
        self._inotify = self._woken = None

    def _written(self, inotify: int, woken: int) -> bool:
        """Whether the topic's files were written to since the last call, or are before IDLE_SECONDS have passed."""
        deadline = time.monotonic() + IDLE_SECONDS
        while (left := deadline - time.monotonic()) > 0 and not self._stop.is_set():
            ready = select.select([inotify, woken], [], [], left)[0]
            if inotify in ready and self._named(os.read(inotify, _READ_BYTES)):
                return True
        return False

    def _named(self, events: bytes) -> bool:
        at = 0
        while at < len(events):
            _, _, _, length = _INOTIFY_EVENT.unpack_from(events, at)
            at += _INOTIFY_EVENT.size
            # Without a name it says that more happened than was kept.
            if not length or events[at : at + length].startswith(self._prefix):
                return True
            at += length
        return False


def _inotify_of(folder: Path) -> int | None:
    """An inotify descriptor that reports writes to the folder's files; None where there is no inotify."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    inotify = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if inotify < 0:
        return None
    if libc.inotify_add_watch(inotify, os.fsencode(folder), _IN_MODIFY | _IN_MOVED_TO | _IN_CREATE) < 0:
        os.close(inotify)
        if ctypes.get_errno() in (errno.ENOSPC, errno.ENOMEM):  # so many watches are not allowed
            return None
        raise OSError(ctypes.get_errno(), "the log's folder cannot be watched", os.fspath(folder))
    return int(inotify)
