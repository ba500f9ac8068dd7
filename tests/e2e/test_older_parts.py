"""Parts of a folder one snapshot older than the others, or gone and accepted: nothing is silent, nothing is lost.

`make soak` puts many random subsets of files one snapshot older in place of the newer ones.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_parts import Writer, answers, lrs, named_at_the_start, remove, stamps, written
from tests.support.eventually import eventually
from tests.support.examples import SOAK
from tests.support.server import HEADERS, KEY, SECRET, Server, free_port, serving
from tests.support.statements import answered


def test_the_log_and_the_tables_are_gone_and_accepted(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        with server.client() as client:
            before = stamps(data)
            client.post("/xAPI/statements", json=answered("x")).raise_for_status()
        server.wait()
        eventually(lambda: stamps(data) > before)
        server.stop()
        shutil.rmtree(data / "log")
        shutil.rmtree(data / "engine")
        server.start(wait=False)
        deadline = time.monotonic() + 60
        reasons = ""
        while "log/statements.db is" not in reasons and time.monotonic() < deadline:
            try:
                ready = httpx.get(f"{server.base}/ready", auth=(KEY, SECRET), timeout=5)
                assert ready.status_code == 503
                reasons = str(ready.json()["reasons"])
                assert (
                    httpx.get(f"{server.base}/xAPI/statements", auth=(KEY, SECRET), headers=HEADERS).status_code == 503
                )
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        assert "log/statements.db is" in reasons
        done = lrs("rebuild", "--accept-log", "--data", data)
        assert done.returncode == 0, done.stderr
        server.wait()
        with server.client() as client:
            client.post("/xAPI/statements", json=answered("x")).raise_for_status()
            server.wait()
            assert len(client.get("/xAPI/statements").json()["statements"]) == 1


@pytest.mark.parametrize("rounds", [50 if SOAK else 2])
def test_random_subsets_of_files_one_snapshot_older(rounds: int, tmp_path: Path) -> None:
    """What is answered then is everything, or a 503, or `lrs serve` ends and names the part. Never less."""
    data, draw = tmp_path / "data", random.Random(11)
    with serving(data) as server:
        writer = Writer(server)
        for snapshot in ("older", "newer"):
            writer = Writer(server) if snapshot == "older" else writer
            more = Writer(server)
            more.start()
            written(data, more)
            more.done.set()
            more.join()
            writer.statements += more.statements
            writer.documents += more.documents
            server.wait()
            server.stop()
            copy(data, tmp_path / snapshot)
            server.start()
        server.stop()
    files = sorted(one.relative_to(tmp_path / "newer").as_posix() for one in (tmp_path / "newer").rglob("*.db"))
    files = [one for one in files if not one.startswith("engine")] + ["engine", "attachments", "stamp.json"]
    whole = refused = 0
    for number in range(rounds):
        older = draw.sample(files, draw.randint(1, len(files) - 1))
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(tmp_path / "newer", data, symlinks=True)
        for file in older:
            remove(data / file)
            source = tmp_path / "older" / file
            if source.is_dir():
                shutil.copytree(source, data / file, symlinks=True)
            elif source.exists():
                shutil.copy(source, data / file)
        said = named_at_the_start(data)
        if said:
            refused += 1
        else:
            again = Server(data, free_port())
            again.start()
            try:
                assert answers(again, writer) == "whole", (number, older)
            finally:
                again.stop()
            whole += 1
        print(f"round {number + 1} of {rounds}: {len(older)} files older: {said[:100] or 'whole'}", flush=True)
    print(f"{rounds} rounds: {whole} answered everything, {refused} were named; 0 silent")


def copy(data: Path, to: Path) -> None:
    for file in data.rglob("*.db"):
        if "engine" not in file.parts:
            connection = sqlite3.connect(file)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
    shutil.copytree(data, to, symlinks=True)
