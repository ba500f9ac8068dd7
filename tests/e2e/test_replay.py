"""`lrs replay --verify` of both projections while writes go on: equal to live."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import orjson
from msgspec.structs import replace

from lrs import exits
from lrs.catalog.catalogs import Catalogs
from lrs.catalog.versions import keep_version
from lrs.log.sqlite import SqliteLog
from processors.folds.registry import fold_names
from processors.mastery.weights import default_weights
from tests.e2e.test_kill import LEARNERS, Sender
from tests.e2e.test_serve import lrs
from tests.support.eventually import eventually
from tests.support.server import serving
from tests.support.statements import answered


def test_replay_while_writes_go_on(tmp_path: Path) -> None:
    stop = threading.Event()
    with serving(tmp_path) as server:
        senders = [Sender(server, number, stop) for number in range(2)]
        for sender in senders:
            sender.start()
        try:
            for projection in (*fold_names(), "mastery"):
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
        for projection in fold_names():  # quiet now: still equal
            done = lrs("replay", projection, "--data", tmp_path, "--verify", "--json")
            answer = orjson.loads(done.stdout)
            assert (answer["differing"], answer["learners"]) == (0, 2 * LEARNERS)


def test_a_second_replay_is_told_who_rebuilds_the_table_and_a_killed_one_is_in_nobodys_way(tmp_path: Path) -> None:
    holding = tmp_path / "gates" / "replay-mastery"
    with serving(tmp_path) as server:
        with server.client() as client:
            assert client.post("/xAPI/statements", json=answered("ada")).status_code == 200
        server.wait()
        with closing(SqliteLog(tmp_path / "log")) as log:
            keep_version(Catalogs(log), "default", "op", replace(default_weights(), version="own"), {}, 1)
        command = [sys.executable, "-m", "lrs.cli.main", "activate", "own", "--data", os.fspath(tmp_path)]
        first = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        )  # it asks, and nobody answers
        try:
            eventually(lambda: holding.exists() and holding.read_bytes() != b"")
            second = lrs("replay", "mastery", "--data", tmp_path)
            assert second.returncode == exits.TAKEN
            assert f"process {first.pid} since " in second.stderr
            assert lrs("activate", "own", "--yes", "--data", tmp_path).returncode == exits.TAKEN
        finally:
            first.kill()
            first.wait()
        done = lrs("replay", "mastery", "--data", tmp_path, "--verify", "--json")
        assert done.returncode == 0, done.stderr
        assert orjson.loads(done.stdout)["differing"] == 0


def test_an_unknown_projection(tmp_path: Path) -> None:
    done = lrs("replay", "nope", "--data", tmp_path)
    assert done.returncode == 5
    assert ", ".join(fold_names()) in done.stderr
