"""Appending to a topic's file: whatever waits goes into one transaction, so one fsync serves many requests."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple
from uuid import UUID

from lrs.log import Busy, Entry, Exists, Unavailable, UniqueId
from lrs.log.chain import chained
from lrs.log.sqlite_file import chain_to, log_error, transaction
from lrs.log.sqlite_index import IndexTotals

WAITING_BYTES = 64 << 20  # what may wait for the writer before the log says Busy
GROUP_BYTES = 8 << 20  # one transaction at the most: bounds how long an append waits for its group

_Waiting = tuple[Entry, "Future[int]"]


class _LastRecord(NamedTuple):
    position: int
    time: int
    events: int
    checksum: int
    ids: int
    ids_sum: int


class TopicWriter:
    """Appends to one topic from a thread of its own. Safe to use from many threads.

    Args:
        check: raises where the file that `open_` opens, or its journal, is gone: then nothing is appended, and what
            was appended meanwhile is not acknowledged.

    """

    def __init__(
        self,
        open_: Callable[[], sqlite3.Connection],
        clock: Callable[[], int],
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._open = open_
        self._clock = clock
        self._check = check
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._bytes = 0
        self._promised = 0
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def submit(self, entry: Entry) -> Future[int]:
        """The future gives the position. Raises Busy, and Unavailable when closed."""
        future: Future[int] = Future()
        with self._lock:
            if self._closed:
                raise Unavailable("the log is closed")
            if self._bytes and self._bytes + len(entry.value) > WAITING_BYTES:
                raise Busy("too much waits to be written: the log's buffer is full")
            self._bytes += len(entry.value)
            self._waiting.put((entry, future))
        return future

    def promise(self) -> int | None:
        """A moment that is over: what is appended from now on has a later time. None while something is appended."""
        with self._lock:
            if self._bytes:  # its time may be chosen already
                return None
            self._promised = max(self._promised, self._clock())
            return self._promised

    def _time(self) -> int:
        with self._lock:
            return max(self._clock(), self._promised + 1)

    def close(self) -> None:
        """Append what waits, then end."""
        with self._lock:
            self._closed = True
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        while (first := self._waiting.get()) is not None:
            group = [first, *self._more(len(first[0].value))]
            size = sum(len(entry.value) for entry, _ in group)
            # Whoever waited may have gone. From here on nobody can cancel: what is appended has its answer.
            group = [(entry, future) for entry, future in group if future.set_running_or_notify_cancel()]
            try:
                if connection is None:
                    connection = self._open()
                self._check()
                outcomes = append(connection, [entry for entry, _ in group], self._time)
                self._check()
            except Exception as error:  # noqa: BLE001 - whatever it is, waiting callers get it, and the next append may succeed
                outcomes = [log_error(error)] * len(group)
            with self._lock:
                self._bytes -= size
            for (_, future), outcome in zip(group, outcomes, strict=True):
                if isinstance(outcome, int):
                    future.set_result(outcome)
                else:
                    future.set_exception(outcome)
        if connection is not None:
            connection.close()

    def _more(self, size: int) -> list[_Waiting]:
        more: list[_Waiting] = []
        while size < GROUP_BYTES:
            try:
                waiting = self._waiting.get_nowait()
            except queue.Empty:
                break
            if waiting is None:  # close() waits: end after this group
                self._waiting.put(None)
                break
            more.append(waiting)
            size += len(waiting[0].value)
        return more


def append(connection: sqlite3.Connection, entries: Sequence[Entry], clock: Callable[[], int]) -> list[int | Exception]:
    """Append entries in one transaction, each whole or not at all. Raises sqlite3.Error when none was appended.

    The time of a record is later than that of every event in the one before it, each a microsecond after the other,
    whatever the clock does.
    """
    if not entries:
        return []
    outcomes: list[int | Exception] = []
    with transaction(connection):
        position, earliest, before, totals = _end_of_log(connection)
        now = clock()
        for entry in entries:
            connection.execute("SAVEPOINT entry")
            try:
                connection.executemany(
                    "INSERT INTO ids VALUES (?, ?, ?, ?)",
                    ((i.tenant, UUID(i.id).bytes, position, item) for item, i in enumerate(entry.ids)),
                )
            except sqlite3.IntegrityError:
                connection.execute("ROLLBACK TO entry")
                outcomes.append(_ids_exist(connection, entry.ids))
            else:
                time = max(now, earliest)
                checksum = chained(before, position, time, entry.key, entry.count, entry.value)
                totals = totals.with_ids(entry.ids, position)
                connection.execute(
                    "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (position, time, entry.key, entry.count, before, checksum, entry.value, *totals),
                )
                outcomes.append(position)
                position, earliest, before = position + 1, time + max(1, entry.count), checksum
            connection.execute("RELEASE entry")
    return outcomes


def _end_of_log(connection: sqlite3.Connection) -> tuple[int, int, int, IndexTotals]:
    """The next record's position, its earliest time, the checksum it is chained to, and the totals of ids before it."""
    columns = ", ".join(_LastRecord._fields)
    row = connection.execute(f"SELECT {columns} FROM records ORDER BY position DESC LIMIT 1").fetchone()
    if row is None:
        return 0, 0, chain_to(connection, 0, 0), IndexTotals()
    last = _LastRecord(*row)
    position, time = last.position + 1, last.time + max(1, last.events)
    return position, time, chain_to(connection, position, last.checksum), IndexTotals(last.ids, last.ids_sum)


def _ids_exist(connection: sqlite3.Connection, ids: Sequence[UniqueId]) -> Exists:
    places: dict[UniqueId, tuple[int, int]] = {}
    for i in ids:
        row = connection.execute(
            "SELECT position, item FROM ids WHERE tenant = ? AND id = ?", (i.tenant, UUID(i.id).bytes)
        ).fetchone()
        if row is not None:
            position, item = row
            places[i] = (int(position), int(item))
    return Exists(places)
