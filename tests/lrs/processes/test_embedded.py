"""What the embedded processors say of what they find."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lrs.processes.embedded import say_lost
from lrs.store.closed_tables import ClosedTablesFile, Closure
from processors.runtime.checkpoint import TablesLost


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
