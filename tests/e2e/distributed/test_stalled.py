"""A processor that makes no progress is reported by /ready within half a minute."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import httpx
import pytest

from tests.support.district import district
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading
from tests.support.server import KEY, SECRET

NOTICED_SECONDS = 30.0  # promised


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_stalled_project_worker_is_noticed(tmp_path: Path, kafka: Broker) -> None:
    with district(tmp_path, kafka.address()) as parts:
        parts.start()
        with loading(parts, senders=1, pause=0.2) as senders:
            time.sleep(1)
            pid = parts.processes["project-0"].pid
            os.kill(pid, signal.SIGSTOP)
            began = time.monotonic()
            while (answer := httpx.get(f"{parts.base}/ready", auth=(KEY, SECRET), timeout=10)).status_code == 200:
                assert time.monotonic() - began < NOTICED_SECONDS
                time.sleep(0.2)
            noticed = time.monotonic() - began
            os.kill(pid, signal.SIGCONT)
        assert "behind the log" in answer.json()["reasons"][0]
        parts.wait()
        print(f"noticed in {noticed:.1f} s", compare(parts, acknowledged(senders)))
