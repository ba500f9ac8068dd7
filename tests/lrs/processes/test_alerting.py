"""The thread that looks for alerts and tells webhooks."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lrs.alerts.deliver import WebhookDeliveries
from lrs.alerts.watch import AlertWatch
from lrs.catalog.catalogs import Catalogs
from lrs.errors import Failure, Transient
from lrs.log.sqlite import SqliteLog
from lrs.processes import alerting
from lrs.processes.alerting import Alerting
from lrs.processes.runtime import Runtime
from lrs.store.client import Store


@pytest.mark.parametrize("error", [Transient("busy"), RuntimeError("a fault")])
def test_what_was_found_before_is_told_where_a_look_fails(
    error: Failure | RuntimeError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = threading.Event()

    def look(_: object) -> None:
        raise error

    monkeypatch.setattr(alerting, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(AlertWatch, "look", look)
    monkeypatch.setattr(WebhookDeliveries, "deliver", lambda _: told.set())
    log = SqliteLog(tmp_path / "log")
    running = Alerting(Runtime(tmp_path), Store(lambda: "clickhouse://nobody@127.0.0.1:1/none"), Catalogs(log))
    running.start()
    assert told.wait(60)
    running.stop()
    log.close()
