from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from lrs.log import Entry
from lrs.log.sqlite import SqliteLog
from processors.runtime import idle as module
from processors.runtime.idle import Idle


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits are long, so that a return caused by a notification differs from a timeout."""
    monkeypatch.setattr(module, "ACTIVE_SECONDS", 0.0)
    monkeypatch.setattr(module, "IDLE_SECONDS", 30.0)


def waited(idle: Idle) -> tuple[threading.Thread, threading.Event]:
    done = threading.Event()

    def wait() -> None:
        idle.wait()
        done.set()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread, done


def test_an_append_ends_the_wait_for_its_topic_alone(tmp_path: Path) -> None:
    log, stop = SqliteLog(tmp_path), threading.Event()
    for topic in ("statements", "observations"):
        log.append(topic, Entry("k", b"first"))
    here, there = Idle(stop, tmp_path, "statements"), Idle(stop, tmp_path, "observations")
    first, ended = waited(here)
    second, other = waited(there)
    assert not ended.wait(0.5)
    log.append("statements", Entry("k", b"second"))
    assert ended.wait(10)
    assert not other.wait(0.5)
    stop.set()
    there.wake()
    assert other.wait(10)
    for thread in (first, second):
        thread.join()
    here.close()
    there.close()
    log.close()


def test_what_was_written_before_the_wait_ends_it(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path)
    idle = Idle(threading.Event(), tmp_path, "statements")
    log.append("statements", Entry("k", b"value"))
    thread, ended = waited(idle)
    assert ended.wait(10)
    thread.join()
    idle.close()
    log.close()


def test_it_looks_by_itself_where_nobody_notifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_inotify_of", lambda folder: None)
    idle = Idle(threading.Event(), tmp_path, "statements")
    started = time.monotonic()
    idle.wait()
    assert time.monotonic() - started < 20


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be watched"):
        Idle(threading.Event(), tmp_path / "none", "statements")
