"""Connections of threads that ended."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrs.log import Entry
from lrs.log.sqlite import SqliteLog

TOPIC, COUNT = "statements", 50


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    sqlite_log = SqliteLog(tmp_path)
    for number in range(COUNT):
        sqlite_log.append(TOPIC, Entry("key", b"%d" % number, 0, []))
    yield sqlite_log
    sqlite_log.close()


def in_threads(work: Callable[[], object], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_connections_of_threads_that_ended_are_let_go(log: SqliteLog) -> None:
    found: list[int] = []

    def read() -> None:
        found.append(len(log.read(TOPIC, 0, 1 << 20)))
        log.committed("group", TOPIC)

    opened = []
    for _ in range(20):
        in_threads(read, 3)
        opened.append(len(os.listdir("/proc/self/fd")))
    read()  # the journals are still those of the start
    assert found == [COUNT] * 61
    assert opened[-1] <= opened[1] + 6


def test_rows_are_read_on_by_another_thread_than_began(log: SqliteLog) -> None:
    rows = log.rows(TOPIC, 0)
    first: list[object] = []
    in_threads(lambda: first.append(next(rows)), 1)
    for _ in range(3):  # others open theirs, and what ended is let go
        in_threads(lambda: log.read(TOPIC, 0, 1), 1)
    assert len(first) + len(list(rows)) == COUNT
