"""What tests of commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.catalog.catalogs import Catalogs
from lrs.log.sqlite import SqliteLog
from schemas.catalog import Class, Member


@pytest.fixture
def data_of_7b(tmp_path: Path) -> Path:
    """A data folder whose catalog has one class, 7b."""
    folder = tmp_path / "data"
    log = SqliteLog(folder / "log")
    Catalogs(log).append("default", "t", Class(id="7b", learners=[Member(learner="mbox:mailto:ada@s.example")]), 1)
    log.close()
    return folder
