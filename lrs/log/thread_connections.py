"""Connections to SQLite files, one for each thread and file."""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class ThreadConnections:
    """What was opened, until `close`. What a thread opened that ended stays while it is read from, or the newest."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._opened: list[tuple[str, threading.Thread, sqlite3.Connection]] = []
        self._reading: Counter[int] = Counter()  # by connection: how many read from it
        self._lock = threading.Lock()

    def find(self, file: str) -> sqlite3.Connection | None:
        """This thread's connection to a file."""
        connection: sqlite3.Connection | None = getattr(self._local, file, None)
        return connection

    def keep(self, file: str, connection: sqlite3.Connection) -> None:
        """Keep this thread's connection to a file, and close those that nobody needs any longer.

        The newest of each file stays, as its journals end with the last.
        """
        setattr(self._local, file, connection)
        with self._lock:
            self._opened.append((file, threading.current_thread(), connection))
            newest = {of: number for number, (of, _, _) in enumerate(self._opened)}
            needed = []
            for number, (of, thread, opened) in enumerate(self._opened):
                if thread.is_alive() or newest[of] == number or self._reading[id(opened)]:
                    needed.append((of, thread, opened))
                else:
                    opened.close()
            self._opened = needed

    @contextmanager
    def reading(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Where rows are read one by one: another thread may go on with it than began."""
        with self._lock:
            self._reading[id(connection)] += 1
        try:
            yield
        finally:
            with self._lock:
                self._reading[id(connection)] -= 1
                if not self._reading[id(connection)]:
                    del self._reading[id(connection)]

    def close(self) -> None:
        """Close all, of whichever thread."""
        with self._lock:
            for _, _, connection in self._opened:
                connection.close()
            self._opened.clear()
        self._local = threading.local()
