"""A worker that hung while another took over wakes up and writes: the newer rows win."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.district import TAKEOVER_SECONDS, district
from tests.support.kafka import Broker
from tests.support.load import acknowledged, compare, loading

ROUNDS = 3  # of each stage


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_worker_that_was_away_overwrites_nothing(tmp_path: Path, kafka: Broker) -> None:
    stopped = {"project": 0, "admit": 0}
    with district(tmp_path, kafka.address()) as parts:
        parts.start({"admit": 2, "project": 2})
        with loading(parts, pause=0.02) as senders:
            for number in range(2 * ROUNDS):
                stage = ("project", "admit")[number % 2]
                time.sleep(1.5)
                pid = parts.processes[f"{stage}-{number // 2 % 2}"].pid
                os.kill(pid, signal.SIGSTOP)
                time.sleep(TAKEOVER_SECONDS + 3)
                os.kill(pid, signal.SIGCONT)
                stopped[stage] += 1
        parts.wait()
        counts = compare(parts, acknowledged(senders))
        print(stopped, counts, parts.restarts)
        assert min(stopped.values()) == ROUNDS
        assert counts.acknowledged > 500
