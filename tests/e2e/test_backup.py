"""`lrs backup` of a server that is written to, and a server on what `lrs restore` made of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import orjson

from lrs.store.client import Store
from lrs.store.dsn import dsn
from tests.support.eventually import eventually
from tests.support.server import KEY, SECRET, Server, serving
from tests.support.statements import answered


def lrs(*arguments: str | Path, code: int = 0) -> Any:
    """Run a command with --json; gives its answer."""
    words = [sys.executable, "-m", "lrs.cli.main", *(os.fspath(a) for a in arguments), "--json"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600)
    assert done.returncode == code, done.stderr
    return orjson.loads(done.stdout)


class Writer(threading.Thread):
    """Sends statements, a few at a time, and remembers what was acknowledged."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.done = threading.Event()
        self.acknowledged: list[str] = []

    def run(self) -> None:
        with self._server.client() as client:
            while not self.done.is_set():
                batch = [answered(f"l{n}") for n in range(5)]
                if client.post("/xAPI/statements", json=batch).status_code == 200:
                    self.acknowledged += [one["id"] for one in batch]
                time.sleep(0.02)


def missing(server: Server, statements: list[str]) -> list[str]:
    """Those of the statements that a GET does not find."""
    with server.client() as client:
        found = {one: client.get("/xAPI/statements", params={"statementId": one}).status_code for one in statements}
    return [one for one, status in found.items() if status != 200]


def test_a_backup_under_writes_is_restored_and_served(tmp_path: Path) -> None:
    target = tmp_path / "backup"
    with serving(tmp_path / "data") as server:
        writer = Writer(server)
        writer.start()
        counts = []
        try:
            for _ in range(2):
                time.sleep(1)
                known = list(writer.acknowledged)
                done = lrs("backup", target, "--data", server.data)
                counts.append(done["records"]["statements"])
            with server.client() as client:
                profile = {"activityId": "https://a.example", "profileId": "late"}
                client.put("/xAPI/activities/profile", params=profile, content=b"x")
            lrs("credentials", "add", "--key", "extra", "--secret", "s", "--data", server.data)
            lrs("backup", target, "--data", server.data)
            lrs("credentials", "revoke", KEY, "--data", server.data)
            last = lrs("backup", target, "--data", server.data)
        finally:
            writer.done.set()
            writer.join()
    assert len(known) > 20
    assert counts[0] < counts[1] <= last["records"]["statements"]
    restored = tmp_path / "restored"
    said = lrs("restore", target, "--data", restored, "--backup", "2")
    assert said["backup"] == 2
    lrs("restore", target, "--data", tmp_path / "newest")
    with serving(restored) as again:
        assert missing(again, known) == []
        findings = {one["part"]: one for one in lrs("doctor", "--data", restored)}
        assert "backup 2" in findings["restored"]["found"]
        with again.client() as client:
            assert client.post("/xAPI/statements", json=answered("after")).status_code == 200
    newest = Server(tmp_path / "newest", again.port)
    newest.start_without_credentials("extra", "s")
    try:
        assert httpx.get(f"{newest.base}/catalog", auth=(KEY, SECRET)).status_code == 401
        assert httpx.get(f"{newest.base}/catalog", auth=("extra", "s")).status_code == 200
    finally:
        newest.stop()


def held(data: Path, *tables: str) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of tables, but for when each was written."""
    with closing(Store(dsn(data, None), embedded=True)) as store:
        sql = "SELECT * EXCEPT('^written$') FROM {} FINAL ORDER BY ALL"
        return {table: store.tuples(sql.format(table), {}) for table in tables}


def tables_of(data: Path) -> set[str]:
    with closing(Store(dsn(data, None), embedded=True)) as store:
        return {name for (name,) in store.tuples("SHOW TABLES", {})}


def test_a_backup_while_the_tables_are_rebuilt_is_whole(tmp_path: Path) -> None:
    """It has the log, from which a restored folder makes them, and the history of decisions, which no rebuild drops."""
    data, target, restored = tmp_path / "data", tmp_path / "backup", tmp_path / "restored"
    history, record = "decision_history", ["statements", "observations"]
    with serving(data) as server:
        with server.client() as client:
            sent = [answered(f"l{n % 7}", item=f"i{n}", right=n % 3 > 0) for n in range(200)]
            assert client.post("/xAPI/statements", json=sent).status_code == 200
        server.wait()
        eventually(lambda: len(held(data, "decisions")["decisions"]) == 7)
        before = held(data, history, *record)
        processors = server.children()["lrs.processes.embedded"]
        os.kill(processors, signal.SIGSTOP)  # the tables stay dropped for as long as the backup takes
        try:
            rebuild = subprocess.Popen([sys.executable, "-m", "lrs.cli.main", "rebuild", "--data", os.fspath(data)])
            eventually(lambda: not tables_of(data) & {*record, "mastery", "engagement", "checkpoints"})
            done = lrs("backup", target, "--data", data)
        finally:
            os.kill(processors, signal.SIGCONT)
        assert rebuild.wait(300) == 0
        server.wait()
        assert held(data, *record) == {table: before[table] for table in record}
    assert done["records"]["statements"] > 0
    assert done["rows"][history] == len(before[history])
    lrs("restore", target, "--data", restored)
    with serving(restored):
        eventually(lambda: len(held(restored, "decisions")["decisions"]) == 7)
        assert held(restored, history, *record) == before
        assert all(finding["ok"] for finding in lrs("verify", "--all", "--data", restored))


def test_a_backup_of_nothing_and_from_nowhere(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "lrs.cli.main"]
    for arguments, code, said in [
        (["backup", "b", "--data", "none"], 5, "there is no log in none"),
        (["restore", "none", "--data", "new"], 5, "there is no backup in none"),
        (["backup", "s3://", "--data", "none"], 5, "there is no log"),
    ]:
        done = subprocess.run([*words, *arguments], capture_output=True, text=True, timeout=600, cwd=tmp_path)
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr
