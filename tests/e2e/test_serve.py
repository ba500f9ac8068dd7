"""`lrs serve` as operators meet it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import httpx
import orjson
import pytest

from lrs.log.sqlite import SqliteLog
from lrs.processes.supervise import lock_folder
from tests.support.eventually import LIMIT_SECONDS, eventually
from tests.support.server import KEY, SECRET, Server, free_port, serving
from tests.support.statements import answered


def lrs(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command."""
    words = [sys.executable, "-m", "lrs.cli.main", *(os.fspath(a) for a in arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=600)


def test_live_and_ready(server: Server) -> None:
    assert httpx.get(f"{server.base}/live").json() == {"live": True}
    for path in ("/ready", "/ready/read", "/ready/write"):
        assert httpx.get(f"{server.base}{path}").json() == {"ready": True}  # nobody learns more without a credential
    with server.client() as client:
        ready = client.get("/ready")
    assert ready.status_code == 200
    assert ready.json()["reasons"] == []


def test_a_second_serve_gets_a_clear_error(server: Server) -> None:
    done = lrs("serve", "--data", server.data, "--port", "1")
    assert done.returncode == 3
    assert "another `lrs serve`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_ends_it_at_once(server: Server, tmp_path: Path) -> None:
    done = lrs("serve", "--data", tmp_path, "--port", str(server.port))
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert f"port {server.port} of 127.0.0.1 is in use" in done.stderr
    assert "Pacer: xAPI" not in done.stderr  # nothing was started


def test_an_engine_port_in_use_ends_it_with_the_reason(server: Server, tmp_path: Path) -> None:
    done = lrs("serve", "--data", tmp_path, "--port", str(free_port()), "--engine-port", str(server.port))
    assert (done.returncode, "Traceback" in done.stderr) == (3, False)
    assert f"port {server.port} of the engine is in use: choose another --engine-port" in done.stderr
    assert "engine cannot start" in done.stderr


@pytest.mark.parametrize("file", ["log/statements.db", "log/catalog.db", "documents.db", "credentials.db"])
def test_a_file_that_cannot_be_read_ends_it_with_the_reason(file: str, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    if file.startswith("log/"):
        with sqlite3.connect(tmp_path / file) as connection:
            connection.execute("PRAGMA user_version = 77")
    else:
        (tmp_path / file).write_bytes(b"something else" * 1_000)
    done = lrs("serve", "--data", tmp_path, "--port", str(free_port()))
    assert (done.returncode, "Traceback" in done.stderr) == (9, False), done.stderr
    assert ("has format 77" if "log" in file else "cannot be read: file is not a database") in done.stderr


def test_from_a_file_with_a_fixed_engine_port_and_output_in_json(tmp_path: Path) -> None:
    port, engine = free_port(), free_port()
    file = tmp_path / "pacer.toml"
    file.write_text(
        f'json = true\ndata = "{tmp_path}/data"\n[serve]\nport = {port}\nengine-port = {engine}\n'
        f'credential = ["{KEY}:{SECRET}"]\n'
    )
    words = [sys.executable, "-m", "lrs.cli.main", "--config", os.fspath(file), "serve"]
    output = tmp_path / "output"
    with output.open("wb") as written:
        process = subprocess.Popen(words, stderr=written)
    try:
        server = Server(tmp_path / "data", port, process)
        server.wait()
        assert httpx.get(f"http://127.0.0.1:{engine}/ping").text == "Ok.\n"
        assert httpx.get(f"http://127.0.0.1:{port}/xAPI/statements", auth=(KEY, SECRET)).status_code != 401
        os.kill(server.children()["lrs.processes.embedded"], signal.SIGKILL)
        eventually(lambda: "processors: ended with exit code -9; starting again" in output.read_text())
    finally:
        process.terminate()
        assert process.wait(LIMIT_SECONDS) == 0
    lines = [orjson.loads(line) for line in output.read_bytes().splitlines()]
    assert lines[0] == {"xapi": f"http://127.0.0.1:{port}/xAPI", "board": f"http://127.0.0.1:{port}/board"}
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines[1:])
    # While it starts, no message says to start it.
    assert not any("lrs serve" in line["message"] for line in lines[1:])


def test_credentials_from_a_file_and_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No secret stands in a command line, of `lrs serve` or of what it starts."""
    (tmp_path / "credentials").write_text("# tools\n\nfile:a secret of some length\nother:one more:elsewhere\n")
    monkeypatch.setenv("PACER_CREDENTIAL", "first:of-a-variable second:of-it-too")
    port = free_port()
    words = ["serve", "--data", f"{tmp_path}/data", "--port", str(port), "--credential-file", f"{tmp_path}/credentials"]
    process = subprocess.Popen([sys.executable, "-m", "lrs.cli.main", *words])
    server = Server(tmp_path / "data", port, process)
    try:
        server.wait(key="file", secret="a secret of some length")
        for key, secret in (("first", "of-a-variable"), ("second", "of-it-too"), ("other", "one more")):
            assert httpx.get(f"{server.base}/catalog", auth=(key, secret)).status_code == 200
        pids = [process.pid, *server.children().values()]
        lines = b" ".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids)
        assert not any(secret in lines for secret in (b"a secret", b"of-a-variable", b"one more"))
    finally:
        server.stop()


def test_commands_say_that_it_is_starting(tmp_path: Path) -> None:
    SqliteLog(tmp_path / "log").close()
    with lock_folder(tmp_path):
        done = lrs("learner", "ada", "--data", tmp_path)
        assert done.returncode == 4
        assert f"`lrs serve` (process {os.getpid()}) is starting it" in done.stderr
    (tmp_path / "serve.lock").write_text("0x")  # as if that process had ended
    assert "start `lrs serve --data" in lrs("learner", "ada", "--data", tmp_path).stderr


def test_stops_within_ten_seconds_and_goes_on_after(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        sent = [answered(f"l{n}") for n in range(200)]
        with server.client() as client:
            assert client.post("/xAPI/statements", json=sent).status_code == 200
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10
        server.start()
        with server.client() as client:
            found = client.get("/xAPI/statements", params={"statementId": sent[0]["id"]})
            assert found.json()["id"] == sent[0]["id"]


def test_states_kept_by_another_time_are_gone_before_anything_is_answered(tmp_path: Path) -> None:
    kept = [tmp_path / "gates" / name for name in ("states-7.db", "states-7.db-wal")]
    kept[0].parent.mkdir()
    for path in kept:
        path.write_bytes(b"of a folder that was copied back")
    with serving(tmp_path):
        assert not any(path.exists() for path in kept)


def test_commands_while_it_runs(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "statements.ndjson"
    good = [answered("importer", f"i{n}", timestamp=f"2026-03-02T09:00:{n:02}Z") for n in range(30)]
    lines = [orjson.dumps(s) for s in good]
    file.write_bytes(b"\n".join([*lines[:10], b'{"actor": 7}', b"{nonsense", *lines[10:]]) + b"\n")
    for again in ((), ("--again",)):  # a second import repeats the first
        done = lrs("import", file, "--data", server.data, "--wait", "--json", *again)
        answer = orjson.loads(done.stdout)
        assert done.returncode == 1
        assert answer["statements"] == 30
        assert [refusal.split(": ")[0] for refusal in sorted(answer["refused"])] == [
            "statements.ndjson:11",
            "statements.ndjson:12",
        ]
    with server.client() as client:
        agent = orjson.dumps(good[0]["actor"]).decode()
        found = client.get("/xAPI/statements", params={"agent": agent}).json()["statements"]
        assert {s["id"] for s in found} == {s["id"] for s in good}
        change = [{"kind": "class", "id": "7a", "name": "Year 7 A", "learners": [], "skills": []}]
        assert client.post("/catalog", json=change).status_code == 200
    learner = lrs("learner", "account:https://school.example|importer", "--data", server.data, "--json")
    assert learner.returncode == 0, learner.stderr
    assert orjson.loads(learner.stdout)["skills"][0]["attempts"] == 30
    assert lrs("class", "Year 7 A", "--data", server.data).returncode == 0
    missing = lrs("class", "nope", "--data", server.data)
    assert (missing.returncode, "Traceback" in missing.stderr) == (5, False)
    doctor = lrs("doctor", "--data", server.data, "--json")
    assert {finding["part"]: finding["ok"] for finding in orjson.loads(doctor.stdout)}["ClickHouse"]


def test_doctor_says_what_to_do(tmp_path: Path) -> None:
    done = lrs("doctor", "--data", tmp_path / "nowhere")
    assert done.returncode == 1
    assert "lrs serve" in done.stdout
