"""kill -9 of every child, and of all at once, during a load: nothing acknowledged is lost, nothing counts twice."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson

from lrs.log import UniqueId
from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from lrs.store.dsn import dsn
from processors.folds.registry import all_folds
from schemas.record import STATEMENTS, Bundle
from tests.support.examples import SOAK
from tests.support.rows import expected, live
from tests.support.server import Server, serving
from tests.support.statements import answered, voiding

ROUNDS = 32 if SOAK else 10
SENDERS = 3
BATCH = 20
LEARNERS = 60  # of each sender
PAUSE = 0.02  # between a sender's batches: late events refold, and two cores do it all
_START = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Sender(threading.Thread):
    """Posts batches, again and again until each is acknowledged: late ones, ties and voids among them."""

    def __init__(self, server: Server, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self._server = server
        self._random = random.Random(number)
        self._number = number
        self._stop_sending = stop

    def run(self) -> None:
        with self._server.client(timeout=5) as client:
            for n in range(1_000_000):
                if self._stop_sending.is_set():
                    return
                batch = self._batch(n)
                time.sleep(PAUSE)
                while not self._post(client, batch) and not self._stop_sending.is_set():
                    time.sleep(0.05)

    def _batch(self, n: int) -> list[dict[str, Any]]:
        draw = self._random
        batch = []
        for index in range(BATCH):
            late = timedelta(hours=draw.randint(0, 50)) if draw.random() < 0.03 else timedelta()
            at = _START + timedelta(seconds=(n * BATCH + index) * 30) - late
            batch.append(
                answered(
                    f"learner-{self._number}-{draw.randint(0, LEARNERS - 1)}",
                    f"i{draw.randint(0, 20)}",
                    draw.random() < 0.6,
                    (draw.choice("abc"),),
                    at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    str(uuid.UUID(int=draw.getrandbits(128), version=4)),
                )
            )
        if self.acknowledged and draw.random() < 0.2:
            batch.append(voiding(draw.choice(self.acknowledged), str(uuid.UUID(int=draw.getrandbits(128), version=4))))
        return batch

    def _post(self, client: httpx.Client, batch: list[dict[str, Any]]) -> bool:
        with contextlib.suppress(httpx.TransportError):
            answer = client.post("/xAPI/statements", content=orjson.dumps(batch), headers=_JSON)
            if answer.status_code == 200:
                self.acknowledged += answer.json()
                return True
            assert answer.status_code in (503, 507), answer.text
        return False


_JSON = {"Content-Type": "application/json"}


def test_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    draw = random.Random(20)
    stop = threading.Event()
    killed: dict[str, int] = {}
    with serving(tmp_path) as server:
        senders = [Sender(server, number, stop) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        try:
            for number in range(ROUNDS):
                time.sleep(draw.uniform(0.2, 1.2))
                what = ("engine", "processors", "api", "children", "everything")[number % 5]
                _kill(server, what)
                killed[what] = killed.get(what, 0) + 1
        finally:
            stop.set()
            for sender in senders:
                sender.join()
        server.wait()
        acknowledged = [id_ for sender in senders for id_ in sender.acknowledged]
        assert sum(killed.values()) == ROUNDS
        assert len(acknowledged) > ROUNDS * BATCH
        compare(tmp_path, acknowledged)
        assert server.stop() == 0


def _kill(server: Server, what: str) -> None:
    modules = {"engine": "lrs.engine.serve", "processors": "lrs.processes.embedded", "api": "lrs.processes.api"}
    children = server.children()
    if what == "everything":
        assert server.process is not None
        for pid in [server.process.pid, *children.values()]:
            _end(pid)
        server.process.wait()
        server.start(settled=False)
        return
    for name, pid in children.items():
        if what == "children" or name == modules[what]:
            _end(pid)


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def compare(data: Path, acknowledged: list[str]) -> None:
    """Nothing acknowledged is missing from log or tables, nothing is there twice, and projections are the fold."""
    log = SqliteLog(data / "log")
    store = Store(dsn(data, None))
    try:
        lost = [id_ for id_ in acknowledged if log.find(STATEMENTS, UniqueId("default", id_)) is None]
        assert lost == []
        statements: list[dict[str, Any]] = []
        position = 0
        while records := log.read(STATEMENTS, position, 10_000):
            position = records[-1].position + 1
            statements += [orjson.loads(raw) for r in records for raw in Bundle.decode(r.value).statements]
        ids = [s["id"] for s in statements]
        assert len(ids) == len(set(ids))
        assert set(acknowledged) <= set(ids)
        rows = store.tuples("SELECT id FROM statements FINAL", {})
        assert sorted(row[0] for row in rows) == sorted(ids)
        assert {row[0] for row in store.tuples("SELECT DISTINCT id FROM agent_statements", {})} == set(ids)
        for fold in all_folds():
            assert live(store, fold, "default") == expected(fold, "default", statements)
        assert log.end("dead_letters") == 0
    finally:
        log.close()
