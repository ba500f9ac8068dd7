from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lrs.processes.supervise import Child, Supervisor, Taken, take


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not until():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def test_a_folder_is_taken_once_and_let_go_of(tmp_path: Path) -> None:
    with take(tmp_path / "data"), pytest.raises(Taken, match=f"process {os.getpid()}"):
        take(tmp_path / "data")
    take(tmp_path / "data").close()


def test_a_child_that_dies_is_started_again_and_all_are_stopped_in_the_end() -> None:
    child = Child("sleeper", ["http.server", "--bind", "127.0.0.1", "0"])
    stop = threading.Event()
    supervisor = threading.Thread(target=Supervisor([child], stop).run)
    supervisor.start()
    wait(lambda: child.process is not None)
    first = child.process
    assert first is not None
    first.send_signal(signal.SIGKILL)
    wait(lambda: child.process is not None and child.process.pid != first.pid)
    second = child.process
    assert second is not None
    stop.set()
    supervisor.join(10)
    assert not supervisor.is_alive()
    assert second.poll() is not None
