"""Statements by id in the embedded log, while the tables must not be read."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path

import pytest

from lrs.log.sqlite import SqliteLog
from lrs.record.embedded_finder import EmbeddedFinder
from lrs.store.client import Store, StoreUnavailable


def test_an_unknown_id_is_not_denied_while_a_stage_has_halted(tmp_path: Path) -> None:
    """A log restored from an older copy lacks statements that were acknowledged: a 404 would be a lie."""
    reason: list[str] = []
    log = SqliteLog(tmp_path)
    store = Store(lambda: "unused", closed=lambda: reason[0] if reason else None)
    finder = EmbeddedFinder(log, store)
    assert finder.by_id("t", str(uuid.uuid4())) is None
    reason.append("halted: another log")
    with pytest.raises(StoreUnavailable, match="another log"):
        finder.by_id("t", str(uuid.uuid4()))
    with pytest.raises(StoreUnavailable, match="another log"):
        asyncio.run(finder.one("t", str(uuid.uuid4())))
    log.close()
