"""The power fails again and again under load: nothing acknowledged is lost, nothing counts twice.

Everything a server writes and syncs is seen by strace; what was not synced when it ended is taken from the disk.
"""

from __future__ import annotations

import os
import random
import threading
import time
from pathlib import Path

import pytest

from tests.e2e.test_kill import Sender, compare
from tests.support.examples import SOAK
from tests.support.not_tested import not_tested
from tests.support.power import Lost, Traced, available
from tests.support.server import KEY, SECRET, Server, free_port

ROUNDS = int(os.environ.get("PACER_POWER_ROUNDS", "20" if SOAK else "3"))
SENDERS = 2


@pytest.mark.timeout(120 + ROUNDS * 90)
def test_losses_of_power_lose_and_double_nothing(tmp_path: Path) -> None:
    if not available():
        not_tested("a loss of power", "strace is missing or may not trace")
    draw = random.Random(4)
    data = tmp_path / "data"
    server = Server(data, free_port())
    arguments = ["--port", str(server.port), "--credential", f"{KEY}:{SECRET}"]
    stop = threading.Event()
    senders = [Sender(server, number, stop) for number in range(SENDERS)]
    losses: list[Lost] = []
    try:
        for number in range(ROUNDS):
            traced = Traced(data, tmp_path / f"trace-{number}", arguments)
            server.process = traced.process
            server.wait(settled=False)
            if number == 0:
                for sender in senders:
                    sender.start()
            time.sleep(draw.uniform(2.0, 6.0))
            losses.append(traced.lose_power(draw))
            (tmp_path / f"trace-{number}").unlink()
    finally:
        stop.set()
        for sender in senders:
            if sender.is_alive():
                sender.join()
    server.start()
    try:
        acknowledged = [id_ for sender in senders for id_ in sender.acknowledged]
        assert len(acknowledged) > ROUNDS * 100
        compare(data, acknowledged)
    finally:
        server.stop()
    # The trace sees the engine's own writes, and there was something to lose. On a busy machine a round may end before
    # the engine has written anything.
    engine = [any("/engine/store/" in path and path.endswith("data.bin") for path in lost.written) for lost in losses]
    assert sum(engine) >= ROUNDS * 2 // 3
    for lost in losses:
        assert any(path.endswith("statements.db-wal") for path in lost.written)
        assert lost.syncs > 10
    assert sum(len(lost.files) for lost in losses) > ROUNDS
