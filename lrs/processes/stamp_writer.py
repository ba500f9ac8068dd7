"""Write stamps while the processors run, and see that the parts are still there."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from contextlib import suppress
from pathlib import Path

from lrs.database.open_database import OpenDatabase, WatchedConnection
from lrs.errors import Full, LostData, Transient
from lrs.log import DamagedFile
from lrs.log.sqlite import SqliteLog
from lrs.processes.stamps import PartsLost, Stamps

ROUND_SECONDS = 5.0  # from a change to its stamp: what may be lost of a part without being noticed
LOOK_SECONDS = 30.0  # between looks at what others have seen

logger = logging.getLogger(__name__)


class StampWriter:
    """Stamps of one folder, from `start` to `close`."""

    def __init__(self, stamps: Stamps, log: SqliteLog, data: Path) -> None:
        self._stamps = stamps
        self._log = log
        self._data = data
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stamps", daemon=True)
        self._seen: object = None
        self._databases: dict[Path, tuple[OpenDatabase, WatchedConnection]] = {}
        self.lost: LostData | None = None

    def start(self) -> None:
        """Start, with a first round."""
        self._thread.start()

    def close(self) -> None:
        """Write a final stamp, then stop."""
        self._stop.set()
        self._thread.join()
        if self.lost is None:
            self._round()
        for _, connection in self._databases.values():
            connection.close()

    def _run(self) -> None:
        looked = time.monotonic()
        while True:
            self._round()
            if time.monotonic() - looked > LOOK_SECONDS:
                looked = time.monotonic()
                self._look()
            if self.lost is not None or self._stop.wait(ROUND_SECONDS):
                return

    def _round(self) -> None:
        try:
            self._watch()
            if self._changes() != self._seen:
                self._stamps.write(self._log)
                self._watch()
                self._seen = self._changes()
        except (DamagedFile, Transient, Full, OSError, sqlite3.Error) as error:  # tried again with the next round
            logger.warning("the parts of the folder could not be stamped (%s)", type(error).__name__)
        except LostData as error:
            self.lost = error

    def _watch(self) -> None:
        """See that every database, and its journal, is the one that it was. Raises FileGone.

        Each is kept open, so that its journals stay. A stamp written to another journal would vouch for what only the
        removed one held.
        """
        for path in self._stamps.database_paths:
            if path not in self._databases and path.exists():
                database = OpenDatabase(path)
                connection = database.connect(f"file:{path}?mode=rw", uri=True, check_same_thread=False)
                database.opened(connection)
                self._databases[path] = database, connection
        for database, connection in self._databases.values():
            connection.execute("PRAGMA user_version").fetchone()  # one that was just made may have had no journal yet
            database.check()

    def _look(self) -> None:
        try:
            if lost := self._stamps.lost(self._log):
                self.lost = PartsLost(lost)
        except (DamagedFile, Transient, Full):  # whoever needs what is damaged says so
            pass
        except LostData as error:
            self.lost = error

    def _changes(self) -> object:
        """What differs once something was written."""
        file_states = []
        for path in sorted(self._data.glob("*.db*")):
            with suppress(FileNotFoundError):  # a journal that was just written back
                stat = path.stat()
                if stat.st_size and not path.name.endswith("-shm"):
                    file_states.append((path.name, stat.st_mtime_ns, stat.st_size))
        return [self._log.end(topic) for topic in self._log.topics()], file_states
