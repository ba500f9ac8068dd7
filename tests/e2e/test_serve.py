"""`lrs serve` as operators meet it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import orjson

from tests.support.server import Server, serving
from tests.support.statements import answered


def lrs(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command."""
    words = [sys.executable, "-m", "lrs.cli.main", *(os.fspath(a) for a in arguments)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


def test_live_and_ready(server: Server) -> None:
    assert httpx.get(f"{server.base}/live").json() == {"live": True}
    ready = httpx.get(f"{server.base}/ready")
    assert ready.status_code == 200
    assert ready.json()["reasons"] == []


def test_a_second_serve_gets_a_clear_error(server: Server) -> None:
    done = lrs("serve", "--data", server.data, "--port", "1")
    assert done.returncode == 3
    assert "another `lrs serve`" in done.stderr
    assert "Traceback" not in done.stderr


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


def test_commands_while_it_runs(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "statements.ndjson"
    good = [answered("importer", f"i{n}", timestamp=f"2026-03-02T09:00:{n:02}Z") for n in range(30)]
    lines = [orjson.dumps(s) for s in good]
    file.write_bytes(b"\n".join([*lines[:10], b'{"actor": 7}', b"{nonsense", *lines[10:]]) + b"\n")
    for _ in range(2):  # a second import repeats the first
        done = lrs("import", file, "--data", server.data, "--wait", "--json")
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
