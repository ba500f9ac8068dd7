"""An SQLite database that this process has open: whether its file and its journals are still those of its connections.

A connection that is opened after a journal was removed makes another, which the ones before it do not see: only what
all connections of a process share can say so.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any
from weakref import WeakSet

from lrs.database.in_use import FilesInUse, journals


class WatchedConnection(sqlite3.Connection):
    """A connection that looks at the files after each commit: one whose journal is gone was not kept."""

    database: OpenDatabase

    def commit(self) -> None:
        """Commit. Raises FileGone where that is kept in no file that has a name."""
        super().commit()
        self.database.check()

    def close(self) -> None:
        """Close; with the last connection SQLite removes the journals."""
        self.database.closing(self)
        super().close()


class OpenDatabase:
    """One SQLite file and its connections. Safe to use from many threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: FilesInUse | None = None  # before the first connection there need be no file
        self._journals = FilesInUse()
        self._connections: WeakSet[WatchedConnection] = WeakSet()
        self._lock = threading.Lock()

    def connect(self, database: str, **settings: Any) -> WatchedConnection:
        """As sqlite3.connect, whose `factory` this may be."""
        settings.pop("factory", None)
        connection = WatchedConnection(database, **settings)
        connection.database = self
        return connection

    def opened(self, connection: WatchedConnection) -> None:
        """Watch the files of a connection, which is set up. Raises FileGone where they are not those of the others."""
        connection.execute("PRAGMA user_version").fetchone()  # the first that is read opens the journals
        with self._lock:
            if self._file is None:
                self._file = FilesInUse(self._path)
            if not self._connections:
                self._journals = FilesInUse(*journals(self._path))
            self._connections.add(connection)
        self.check()

    def closing(self, connection: WatchedConnection) -> None:
        """Forget a connection."""
        with self._lock:
            self._connections.discard(connection)
            if not self._connections:
                self._journals = FilesInUse()

    @property
    def is_open(self) -> bool:
        """Whether it has connections."""
        return len(self._connections) > 0

    def check(self) -> None:
        """See that nothing was removed or replaced since it was opened. Raises FileGone."""
        if self._file is not None:
            self._file.check()
            self._journals.check()
