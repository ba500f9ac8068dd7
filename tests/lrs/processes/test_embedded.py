"""What the embedded processors say of what they find, and what they do beside the stages."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import pytest

from lrs.alerts.watch import AlertWatch
from lrs.processes import alerting
from lrs.processes.embedded import make_whole, run, say_lost
from lrs.processes.runtime import Runtime
from lrs.store.closed_tables import ClosedTablesFile, Closure
from processors.runtime.checkpoint import TablesLost
from tests.support.engine import running


@pytest.mark.parametrize(
    ("state", "level"),
    [(Closure("rebuild", "`lrs rebuild`"), "INFO"), (None, "WARNING"), (Closure("halt", "x"), "WARNING")],
)
def test_tables_that_somebody_has_rebuilt_are_no_fault(
    tmp_path: Path, state: Closure | None, level: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    closed = ClosedTablesFile(tmp_path)
    if state is not None:
        closed.write(state)
    say_lost(TablesLost({"mastery": "is missing"}), closed)
    [record] = caplog.records
    assert record.levelname == level
    assert "mastery" in record.getMessage()


def test_they_watch_for_alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not the API: a look holds up its answers."""
    runtime, stop, looked = Runtime(tmp_path), threading.Event(), threading.Event()
    giving_up = threading.Timer(60, stop.set)

    def look(watch: AlertWatch) -> int:
        watch.store.check_open()  # they watch with a store that says when its tables lack something
        looked.set()
        stop.set()
        return 0

    monkeypatch.setattr(alerting, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(AlertWatch, "look", look)
    with running(tmp_path) as store:
        assert make_whole(runtime, store, ClosedTablesFile(tmp_path), stop)
        giving_up.start()
        run(runtime, store, stop)
    giving_up.cancel()
    assert looked.is_set()
