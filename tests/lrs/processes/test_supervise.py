from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lrs.processes import supervise
from lrs.processes.child import READY
from lrs.processes.supervise import CannotStart, Child, FolderInUse, Supervisor, folder_holder, lock_folder


def wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not until():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def test_a_folder_is_taken_once_and_let_go_of(tmp_path: Path) -> None:
    assert folder_holder(tmp_path / "data") is None
    with lock_folder(tmp_path / "data"):
        assert folder_holder(tmp_path / "data") == os.getpid()
        with pytest.raises(FolderInUse, match=f"process {os.getpid()}"):
            lock_folder(tmp_path / "data")
    lock_folder(tmp_path / "data").close()


def test_a_lock_that_is_removed_is_made_again_unless_somebody_has_it_by_then(tmp_path: Path) -> None:
    with lock_folder(tmp_path) as lock:
        for damage in (
            Path.unlink,
            lambda path: path.rename(tmp_path / "elsewhere"),
            lambda path: path.write_text("x"),
        ):
            damage(tmp_path / "serve.lock")
            lock.keep()
            assert folder_holder(tmp_path) == os.getpid()
            with pytest.raises(FolderInUse):
                lock_folder(tmp_path)
        (tmp_path / "serve.lock").unlink()
        with lock_folder(tmp_path), pytest.raises(FolderInUse):
            lock.keep()


def test_what_a_look_raises_stops_the_children() -> None:
    def look() -> None:
        if child.process is not None:
            raise FolderInUse("by another")

    child = Child("sleeper", ["http.server", "--bind", "127.0.0.1", "0"])
    with pytest.raises(FolderInUse):
        Supervisor([child], threading.Event(), look).run()
    assert child.process is not None
    assert child.process.poll() is not None


def test_a_child_that_dies_is_started_again_and_all_are_stopped_in_the_end(caplog: pytest.LogCaptureFixture) -> None:
    child = Child("sleepers", ["http.server", "--bind", "127.0.0.1", "0"])
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
    assert caplog.messages == ["sleepers: ended with exit code -9; starting again"]
    stop.set()
    supervisor.join(10)
    assert not supervisor.is_alive()
    assert second.poll() is not None


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes a module of a source that children can run; gives its name."""
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))

    def make(source: str) -> str:
        (tmp_path / "child_of_a_test.py").write_text(source)
        return "child_of_a_test"

    return make


@pytest.mark.parametrize("code", [2, 3, 9])
def test_a_child_that_can_never_start_ends_all(code: int, module: Callable[[str], str]) -> None:
    other = Child("sleeper", ["http.server", "--bind", "127.0.0.1", "0"])
    broken = Child("broken", [module(f"raise SystemExit({code})")])
    with pytest.raises(CannotStart, match=r"broken cannot start.*exit code") as caught:
        Supervisor([other, broken], threading.Event()).run()
    assert caught.value.code == code
    assert broken.deaths == 1
    assert other.process is not None
    assert other.process.poll() is not None


def test_an_essential_child_that_fails_at_every_start_ends_all(module: Callable[[str], str]) -> None:
    child = Child("broken", [module("raise ValueError('why')")], essential=True)
    with pytest.raises(CannotStart, match="ended 5 times, now with exit code 1"):
        Supervisor([child], threading.Event()).run()


def test_one_that_takes_long_to_fail_ends_all_the_same(
    module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What counts is that it never said it was ready, not for how long it lived."""
    monkeypatch.setattr(supervise, "_STEADY_SECONDS", 0.0)
    child = Child("slow", [module("import time; time.sleep(0.05); raise ValueError('why')")], essential=True)
    with pytest.raises(CannotStart, match="ended 5 times, now with exit code 1"):
        Supervisor([child], threading.Event()).run()


@pytest.mark.parametrize("ending", ["say_ready(); raise ValueError('why')", "raise SystemExit(4)"])
def test_one_that_was_ready_and_one_that_waits_for_another_part_are_started_for_ever(
    ending: str, module: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "_RESTART_PAUSES", (0.0,))
    child = Child("failing", [module(f"from lrs.processes.child import say_ready; {ending}")], essential=True)
    stop = threading.Event()
    supervisor = threading.Thread(target=Supervisor([child], stop).run)
    supervisor.start()
    wait(lambda: child.deaths > 7)
    assert supervisor.is_alive()
    stop.set()
    supervisor.join(10)


def test_a_child_that_fails_and_one_that_is_killed_do_not_end_the_others(module: Callable[[str], str]) -> None:
    failing = Child("failing", [module("raise ValueError('why')")])
    killed = Child("killed", ["http.server", "--bind", "127.0.0.1", "0"], essential=True)
    stop = threading.Event()
    supervisor = threading.Thread(target=Supervisor([failing, killed], stop).run)
    supervisor.start()
    for _ in range(3):
        wait(lambda: killed.process is not None and killed.process.poll() is None)
        killed.signal(signal.SIGKILL)
        wait(lambda: killed.process is None)
    wait(lambda: failing.deaths > 3)
    assert supervisor.is_alive()
    stop.set()
    supervisor.join(10)
    assert not supervisor.is_alive()


def test_a_child_ends_whose_parent_was_gone_before_it_looked(module: Callable[[str], str], tmp_path: Path) -> None:
    """As of a supervisor that is killed while its child still imports."""
    name = module(f"""
import os, pathlib, time
from lrs.exits import die_with_parent
to, parent = pathlib.Path({os.fspath(tmp_path)!r}), os.getppid()
(to / "begun").touch()
while os.getppid() == parent:
    time.sleep(0.01)
try:
    die_with_parent()
    (to / "went on").touch()
finally:
    (to / "looked").touch()
""")
    parent = f"""
import os, pathlib, time
from lrs.processes.supervise import Child
Child("orphan", [{name!r}]).start()
while not pathlib.Path({os.fspath(tmp_path / "begun")!r}).exists():
    time.sleep(0.01)
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", parent], check=True, timeout=30)
    wait((tmp_path / "looked").exists)
    assert not (tmp_path / "went on").exists()


def test_one_that_is_ready_when_its_parent_is_gone_stops_in_order(module: Callable[[str], str], tmp_path: Path) -> None:
    """Ready or not, it must not fail halfway: what it has begun by then would hold it up."""
    name = module(f"""
import pathlib, sys
from lrs.processes.child import say_ready, stop_on_signals
stop = stop_on_signals()
sys.stdin.read()
say_ready()
pathlib.Path({os.fspath(tmp_path / "ended")!r}).write_text("in order" if stop.wait(5) else "late")
""")
    listening, ready_pipe = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", name],
        stdin=subprocess.PIPE,
        env=os.environ | {READY: str(ready_pipe)},
        pass_fds=[ready_pipe],
    )
    os.close(ready_pipe)
    os.close(listening)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert (tmp_path / "ended").read_text() == "in order"
