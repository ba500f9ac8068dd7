"""What is said of a batch that failed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from lrs.database.connection import DatabaseUnavailable
from lrs.store.client import StoreRefused, StoreUnavailable
from lrs.store.closed_tables import ClosedTablesFile, Closure
from processors.runtime.checkpoint import TablesLost
from processors.runtime.delivery import pause
from processors.runtime.halts import StageClosure
from tests.support.closed import ClosedInMemory


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


@pytest.mark.parametrize(
    ("state", "level"),
    [
        (None, "WARNING"),
        (Closure("rebuild", "`lrs rebuild`"), "INFO"),
        (Closure("halt", "another log"), "WARNING"),
    ],
)
def test_tables_that_are_gone_while_they_are_rebuilt_are_no_loss(
    caplog: pytest.LogCaptureFixture, state: Closure | None, level: str
) -> None:
    closed = ClosedInMemory()
    closed.closure = state
    with caplog.at_level(logging.INFO):
        StageClosure(closed, "project").say_lost(TablesLost({"mastery": "is missing"}), "the next start sees to them")
    [said] = caplog.records
    assert (said.levelname, said.getMessage()) == (
        level,
        "project: table mastery is missing: the next start sees to them",
    )


def test_a_database_that_does_not_say_what_is_closed_is_no_reason_to_end(caplog: pytest.LogCaptureFixture) -> None:
    class Away(ClosedInMemory):
        def read(self) -> Closure | None:
            raise DatabaseUnavailable("away")

    halts = StageClosure(Away(), "project")
    assert pause("project", StoreRefused("no table mastery"), 1, halts) > 0
    assert [record.levelname for record in caplog.records] == ["WARNING"]
