"""What is said of a batch that failed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lrs.store.client import StoreRefused, StoreUnavailable
from lrs.store.closed_tables import ClosedTablesFile, Closure
from processors.runtime.delivery import pause


@pytest.mark.parametrize(
    ("state", "error", "level"),
    [
        (None, StoreRefused("no table mastery"), "WARNING"),
        (Closure("rebuild", "`lrs rebuild --only mastery`"), StoreRefused("no table mastery"), "INFO"),
        (Closure("rebuild", "`lrs rebuild --only mastery`"), StoreUnavailable("down"), "WARNING"),
        (Closure("halt", "another log"), StoreRefused("no table mastery"), "WARNING"),
    ],
)
def test_a_table_that_is_being_rebuilt_is_no_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, state: Closure | None, error: Exception, level: str
) -> None:
    closed = ClosedTablesFile(tmp_path)
    if state is not None:
        closed.write(state)
    with caplog.at_level(logging.INFO):
        assert pause("decide", error, 1, closed) > 0
    [said] = caplog.records
    assert said.levelname == level
    if level == "INFO":
        assert said.getMessage() == (
            "decide waits: the tables are being rebuilt from the log (`lrs rebuild --only mastery`)"
        )
