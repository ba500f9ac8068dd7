"""`lrs replay --verify` of both projections while writes go on: equal to live."""

from __future__ import annotations

import threading
from pathlib import Path

import orjson

from tests.e2e.test_kill import LEARNERS, Sender
from tests.e2e.test_serve import lrs
from tests.support.server import serving


def test_replay_while_writes_go_on(tmp_path: Path) -> None:
    stop = threading.Event()
    with serving(tmp_path) as server:
        senders = [Sender(server, number, stop) for number in range(2)]
        for sender in senders:
            sender.start()
        try:
            for projection in ("mastery", "engagement", "mastery"):
                done = lrs("replay", projection, "--data", tmp_path, "--verify", "--json")
                assert done.returncode == 0, done.stderr + done.stdout
                answer = orjson.loads(done.stdout)
                assert answer["swapped"]
                assert answer["differing"] == 0
        finally:
            stop.set()
            for sender in senders:
                sender.join()
        assert sum(len(sender.acknowledged) for sender in senders) > 1000
        server.wait()
        for projection in ("mastery", "engagement"):  # quiet now: still equal
            done = lrs("replay", projection, "--data", tmp_path, "--verify", "--json")
            answer = orjson.loads(done.stdout)
            assert (answer["differing"], answer["learners"]) == (0, 2 * LEARNERS)


def test_an_unknown_projection(tmp_path: Path) -> None:
    done = lrs("replay", "nope", "--data", tmp_path)
    assert done.returncode == 5
    assert "mastery, engagement" in done.stderr
