"""`lrs verify` while the store serves and is behind: what is not read yet is waited for, and is not called wrong."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from lrs.log.sqlite import SqliteLog
from lrs.processes.runtime import Runtime
from lrs.store.closed_tables import Closure
from lrs.verification import readers
from schemas.record import STATEMENTS
from tests.support.server import Server, serving
from tests.support.statements import answered
from tests.support.verifying import verified, wait_briefly

PROCESSORS = "lrs.processes.embedded"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_briefly(monkeypatch)


def fall_behind(server: Server) -> int:
    """Stand the processors still, and send more; their process id."""
    processors = server.children()[PROCESSORS]
    os.kill(processors, signal.SIGSTOP)
    with server.client() as client:
        sent = [answered(f"l{n % 3}", f"i{n}") for n in range(30)]
        assert client.post("/xAPI/statements", json=sent).status_code == 200
    return processors


def before(do: Callable[[], object], monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Have something happen when `readers` is at work."""
    whole = getattr(readers, name)

    def doing(*given: object, **more: object) -> object:
        do()
        return whole(*given, **more)

    monkeypatch.setattr(readers, name, doing)


def test_what_is_read_meanwhile_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(tmp_path) as server:
        processors = fall_behind(server)
        before(lambda: os.kill(processors, signal.SIGCONT), monkeypatch, "settle")
        code, found = verified(Runtime(tmp_path), "--all")
    assert code == 0, found
    assert found["statements"]["checked"] == 30
    assert found["mastery"]["checked"] == 3


def test_that_nobody_reads_is_said_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "STALLED_SECONDS", 0.5)
    with serving(tmp_path) as server:
        processors = fall_behind(server)
        try:
            code, found = verified(Runtime(tmp_path))
        finally:
            os.kill(processors, signal.SIGCONT)
    assert code == 1
    assert [check for check, finding in found.items() if not finding["ok"]] == ["readers"]
    assert "records are not read" in found["readers"]["examples"][0]
    assert "statements" not in found


class States:
    """What keeps the tables from being read, look after look."""

    def __init__(self, *states: Closure | None) -> None:
        self._states = list(states)

    def read(self) -> Closure | None:
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]


def test_a_rebuild_is_waited_for_and_a_halt_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, groups = SqliteLog(tmp_path / "log"), [("admit", STATEMENTS)]
    rebuild = Closure("rebuild", "asked for", "records", 1, 2)
    try:
        assert readers.catch_up(log, groups, States(rebuild, rebuild, None)) == ""  # type: ignore[arg-type]
        halted = readers.catch_up(log, groups, States(rebuild, Closure("halt", "another log")))  # type: ignore[arg-type]
        assert halted == "halted: another log"
        monkeypatch.setattr(readers, "REBUILD_SECONDS", 0.1)
        assert "asked for" in readers.catch_up(log, groups, States(rebuild))  # type: ignore[arg-type]
    finally:
        log.close()
