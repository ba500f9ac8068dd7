"""`rm -rf` of each part of a folder, while it runs and before it starts: nothing is silent, nothing is lost.

`make soak` removes each part of a server under writes.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from tests.support.eventually import LIMIT_SECONDS, eventually
from tests.support.examples import SOAK
from tests.support.files import paths_below
from tests.support.server import KEY, SECRET, Server, free_port, serving
from tests.support.statements import answered

# Every file and folder of a data folder that was used, by what its removal comes to: what a start then names; "" where
# it holds nothing that is not elsewhere, and is made again.
PARTS = {
    "accounts.db": "accounts.db",
    "attachments": "attachments",
    "attachments/.seen": "",
    "attachments/.stamp": "attachments",
    "credentials.db": "credentials.db",
    "documents.db": "documents.db",
    "engine": "",
    "engine.json": "",
    "engine.lock": "",
    "engine.port": "",
    "gates": "",
    "log": "log/statements.db",
    "log/catalog.db": "log/catalog.db",
    "log/observations.db": "log/observations.db",
    "log/positions.db": "",
    "log/revocations.db": "log/revocations.db",
    "log/statements.db": "log/statements.db",
    "serve.lock": "",
    "sessions.db": "sessions.db",
    "stamp.json": "",
}
PROFILE = {"activityId": "https://a.example", "profileId": "kept"}


def lrs(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "lrs.cli.main", *(os.fspath(a) for a in arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=600)


class Sent(Protocol):
    """What was acknowledged: the ids of statements, the names of documents."""

    statements: list[str]
    documents: list[str]


class Writer(threading.Thread):
    """Sends statements and documents, and remembers what was acknowledged."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.done = threading.Event()
        self.statements: list[str] = []
        self.documents: list[str] = []
        self.refused = 0

    def run(self) -> None:
        with self._server.client(timeout=10) as client:
            number = 0
            while not self.done.wait(0.01):
                number += 1
                batch = [answered(f"l{number % 9}", f"i{n}") for n in range(3)]
                try:
                    if client.post("/xAPI/statements", json=batch).status_code == 200:
                        self.statements += [one["id"] for one in batch]
                    else:
                        self.refused += 1
                    name = f"p{number}"
                    parameters = PROFILE | {"profileId": name}
                    new = {"If-None-Match": "*"}  # else a profile is not written
                    put = client.put("/xAPI/activities/profile", params=parameters, content=b"x", headers=new)
                    if put.status_code == 204:
                        self.documents.append(name)
                except httpx.TransportError:
                    self.refused += 1


def answers(server: Server, writer: Sent) -> str:
    """Whether all is answered ("whole"), or some of it refused ("refused"); fails where an answer lacks anything."""
    acknowledged, kept = set(writer.statements), set(writer.documents)  # more are, meanwhile
    try:
        with server.client(timeout=10) as client:
            found: set[str] = set()
            more = "/xAPI/statements?limit=500"
            while more:
                page = client.get(more)
                if page.status_code != 200:
                    return "refused"
                found |= {one["id"] for one in page.json()["statements"]}
                more = page.json()["more"]
            missing = acknowledged - found
            assert not missing, f"{len(missing)} of {len(acknowledged)} are missing from an answer with 200"
            listed = client.get("/xAPI/activities/profile", params={"activityId": PROFILE["activityId"]})
            if listed.status_code != 200:
                return "refused"
            lost = kept - set(listed.json())
            assert not lost, f"{len(lost)} of {len(kept)} documents are missing from an answer with 200"
    except httpx.TransportError:
        return "refused"
    return "whole"


def named_at_the_start(data: Path) -> str:
    """How a start of `lrs serve` ends, or what it says of itself; "" where all is well."""
    server = Server(data, free_port())
    output = data.parent / "output"
    with output.open("wb") as written:
        words = ["serve", "--data", os.fspath(data), "--port", str(server.port), "--credential", f"{KEY}:{SECRET}"]
        process = subprocess.Popen([sys.executable, "-m", "lrs.cli.main", *words], stderr=written)
    server.process = process
    try:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if process.poll() is not None:
                assert process.returncode in (6, 9), output.read_text()
                return output.read_text()
            try:
                ready = httpx.get(f"{server.base}/ready", auth=(KEY, SECRET), timeout=5)
                said = str(ready.json().get("reasons", ""))
                if ready.status_code == 200 and ready.json()["freshness"]["behind"] == 0:
                    return ""
                if "halted" in said:
                    return said
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"neither ready nor refused: {output.read_text()[-2000:]}")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(LIMIT_SECONDS)


def stamps(data: Path) -> int:
    """How many rounds of stamps there were."""
    try:
        return int(json.loads((data / "stamp.json").read_bytes())["number"])
    except FileNotFoundError:
        return 0


def written(data: Path, writer: Writer) -> None:
    """Wait until a good deal was acknowledged, and a round of stamps came after it."""
    eventually(lambda: len(writer.statements) > 60 and len(writer.documents) > 20)
    before = stamps(data)
    eventually(lambda: stamps(data) > before)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def parts(data: Path) -> set[str]:
    """The files and folders of a data folder, without journals; what ClickHouse and the gates make of theirs is one."""
    found = {path.relative_to(data) for path in paths_below(data) if not path.name.endswith(("-wal", "-shm"))}
    return {path.as_posix() for path in found if not {"engine", "gates"} & {folder.name for folder in path.parents}}


def test_every_part_has_a_case(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server, server.client() as client:
        writer = Writer(server)
        writer.start()
        written(data, writer)
        writer.done.set()
        writer.join()
        client.post("/catalog", json=[{"kind": "skill", "id": "fractions"}]).raise_for_status()
        assert parts(data) == set(PARTS)


@pytest.mark.parametrize("part", PARTS if SOAK else ["log", "documents.db"])
def test_removed_while_it_runs(part: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    named = PARTS[part]
    with serving(data) as server:
        writer = Writer(server)
        writer.start()
        written(data, writer)
        remove(data / part)
        gone = time.monotonic()
        acknowledged = len(writer.statements), len(writer.documents)
        time.sleep(1)
        refused = False
        while time.monotonic() - gone < 40 and not refused:
            refused = answers(server, writer) == "refused" or writer.refused > 0
            time.sleep(0.5)
        writer.done.set()
        writer.join()
        if part == "log":
            assert len(writer.statements) <= acknowledged[0] + 3  # at most what was under way
        if part == "documents.db":
            assert len(writer.documents) <= acknowledged[1] + 1
        server.stop()
    if named:
        assert refused, "it went on as if nothing had happened"
        assert named in named_at_the_start(data)
    else:
        again = Server(data, free_port())
        again.start()
        try:
            assert answers(again, writer) == "whole"
        finally:
            again.stop()


@pytest.mark.parametrize("part", ["log/statements.db", "log/catalog.db"])
def test_nothing_is_acknowledged_beside_a_journal_that_was_removed(part: str, tmp_path: Path) -> None:
    """A writer that opened its file after that made a journal that was gone with the process."""
    data = tmp_path / "data"
    with serving(data):
        pass
    with serving(data) as server, server.client() as client:  # now nothing has been written yet
        for suffix in ("-wal", "-shm"):
            (data / f"{part}{suffix}").unlink()
        ways = {
            "log/statements.db": lambda: client.post("/xAPI/statements", json=answered("x")),
            "log/catalog.db": lambda: client.post("/catalog", json=[{"kind": "skill", "id": "fractions"}]),
        }
        assert [ways[part]().status_code for _ in range(3)] == [503] * 3
        for path in ("/ready", "/ready/write"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert f"{part}-wal was removed or replaced" in str(answer.json()["reasons"])
