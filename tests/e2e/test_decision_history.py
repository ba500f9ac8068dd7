"""What was decided in the past follows from no log: it comes back with a backup, once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lrs.cli.doctor import examine
from lrs.clock import system_time
from lrs.processes.runtime import Runtime
from lrs.store.client import Store
from lrs.store.dsn import dsn
from tests.support.eventually import eventually
from tests.support.server import Server, serving
from tests.support.statements import answered


def lrs(*arguments: str | Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "lrs.cli.main", *(os.fspath(argument) for argument in arguments)],
        check=True,
        timeout=600,
    )


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return store.tuples(f"{sql} ORDER BY tenant, learner, skill, class, since", {})


def answer(server: Server, right: bool, total: int) -> None:
    """An answer, and the decision that it leads to."""
    with server.client() as client:
        assert client.post("/xAPI/statements", json=answered(item=f"i{total}", right=right)).status_code == 200
    store = Store(dsn(server.data, None), embedded=True)
    eventually(lambda: bool(rows(store, f"SELECT * FROM decisions FINAL WHERE attempts = {total}")))
    store.close()


def test_the_history_of_decisions_outlives_its_folder(tmp_path: Path) -> None:
    data, target = tmp_path / "data", tmp_path / "backup"
    with serving(data) as server:
        for total in range(1, 9):
            answer(server, total > 4, total)
        store = Store(dsn(data, None), embedded=True)
        history = rows(store, "SELECT * FROM decision_history FINAL")
        store.close()
        lrs("backup", target, "--data", data)
    assert len({row[4] for row in history}) > 1, history  # it decided otherwise, later
    shutil.rmtree(data)
    lrs("restore", target, "--data", data)
    again = Server(data, server.port)
    again.start()
    try:
        store = Store(dsn(data, None), embedded=True)
        eventually(lambda: bool(rows(store, "SELECT * FROM decisions FINAL")))
        assert rows(store, "SELECT * FROM decision_history FINAL") == history
        # What is in effect has been so since then, and what comes next follows it.
        assert [row[16] for row in rows(store, "SELECT * FROM decisions FINAL")] == [history[-1][16]]
        store.close()
        answer(again, False, 9)
        store = Store(dsn(data, None), embedded=True)
        assert rows(store, "SELECT * FROM decision_history FINAL")[: len(history) - 1] == history[:-1]
        store.close()
        [found] = [finding.found for finding in examine(Runtime(data), system_time) if finding.part == "ClickHouse"]
        begun = datetime.fromtimestamp(min(row[16] for row in history) / 1e6, UTC)
        assert f"the history of decisions: since {begun:%Y-%m-%d}" in found
    finally:
        again.stop()
