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


class Acknowledged:
    """What writers had been told was written."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.documents: list[str] = []

    def add(self, writer: Writer) -> None:
        self.statements += [id_ for id_ in writer.statements if id_ not in self.statements]
        self.documents += [name for name in writer.documents if name not in self.documents]


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


@pytest.mark.parametrize("how", ["copies", "backups"])
@pytest.mark.parametrize("rounds", [50 if SOAK else 2])
def test_random_subsets_of_files_one_snapshot_older(rounds: int, how: str, tmp_path: Path) -> None:
    """What is answered then is everything, or a 503, or `lrs serve` ends and names the part. Never less."""
    data, draw = tmp_path / "data", random.Random(11)
    sent = {"copies": copies, "backups": backups_under_writes}[how](data, tmp_path)
    databases = (file.relative_to(tmp_path / "newer") for file in (tmp_path / "newer").rglob("*.db"))
    files = sorted(file.as_posix() for file in databases if file.parts[0] != "engine")
    files += ["engine", "attachments", "stamp.json"]
    whole = refused = 0
    for number in range(rounds):
        older = draw.sample(files, draw.randint(1, len(files) - 1))
        shutil.rmtree(data, ignore_errors=True)
        shutil.copytree(tmp_path / "newer", data, symlinks=True)
        for name in older:
            remove(data / name)
            source = tmp_path / "older" / name
            if source.is_dir():
                shutil.copytree(source, data / name, symlinks=True)
            elif source.exists():
                shutil.copy(source, data / name)
        reason = named_at_the_start(data)
        if reason:
            refused += 1
        else:
            again = Server(data, free_port())
            again.start()
            try:
                assert answers(again, sent) == "whole", (number, older)
            finally:
                again.stop()
            whole += 1
        print(f"round {number + 1} of {rounds}: {len(older)} files older: {reason[:100] or 'whole'}", flush=True)
    print(f"{how}: {rounds} rounds: {whole} answered everything, {refused} were named; 0 silent")


def copies(data: Path, to: Path) -> Acknowledged:
    """Two copies of the folder of a server that is stopped for each; gives what the newer one must have."""
    sent = Acknowledged()
    with serving(data) as server:
        for snapshot in ("older", "newer"):
            writer = Writer(server)
            writer.start()
            written(data, writer)
            writer.done.set()
            writer.join()
            sent.add(writer)
            server.wait()
            server.stop()
            copy(data, to / snapshot)
            server.start()
    return sent


def backups_under_writes(data: Path, to: Path) -> Acknowledged:
    """Two backups of a server that is written to, each restored; gives what the newer one must have."""
    sent = Acknowledged()
    with serving(data) as server:
        writer = Writer(server)
        writer.start()
        for _ in range(2):
            before = len(writer.statements)
            eventually(lambda before=before: len(writer.statements) > before + 60)  # type: ignore[misc]
            written(data, writer)
            sent.add(writer)
            done = lrs("backup", to / "backup", "--data", data)
            assert done.returncode == 0, done.stderr
        writer.done.set()
        writer.join()
    for number, snapshot in enumerate(("older", "newer"), 1):
        done = lrs("restore", to / "backup", "--data", to / snapshot, "--backup", str(number))
        assert done.returncode == 0, done.stderr
        with serving(to / snapshot) as restored:  # which makes its tables
            restored.wait()
    return sent


def copy(data: Path, to: Path) -> None:
    for file in data.rglob("*.db"):
        if "engine" not in file.parts:
            connection = sqlite3.connect(file)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
    shutil.copytree(data, to, symlinks=True)
