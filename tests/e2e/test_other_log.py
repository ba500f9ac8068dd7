"""An older log is restored: the processors halt by name, writes go on, and nothing that the tables hold is lost."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import httpx
import orjson
import pytest

from lrs import exits
from tests.e2e.test_kill import compare
from tests.e2e.test_lost_tables import send
from tests.e2e.test_lost_while_stopped import restart
from tests.e2e.test_serve import lrs
from tests.support.sent import VOIDED, listed
from tests.support.server import Server, serving


def reasons(server: Server, seconds: float = 60) -> str:
    """Why it is not ready, once that is because of the log."""
    deadline = time.monotonic() + seconds
    found = ""
    while time.monotonic() < deadline:
        try:
            with server.client() as client:  # the reasons are for who may read everything
                answer = client.get("/ready", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        found = " ".join(answer.json()["reasons"])
        if "halted" in found:
            assert answer.status_code == 503
            return found
        time.sleep(0.1)
    raise AssertionError(found)


@pytest.mark.timeout(1200)
def test_an_older_log(tmp_path: Path) -> None:
    older = tmp_path / "older"
    data = tmp_path / "data"
    with serving(data) as server:
        first = send(server)
        server.wait()
        assert server.stop() == 0
        shutil.copytree(data / "log", older)
        server.start()
        lost = send(server, seed=1)
        server.wait()

        def replace(data: Path) -> None:
            shutil.rmtree(data / "log")
            shutil.copytree(older, data / "log")

        restart(server, replace)
        assert "log/statements.db is older than the others" in reasons(server)
        later = send(server, seed=2)  # reused positions: they are never taken for the old ones
        more = send(server, 200, seed=3)  # and the log grows past the checkpoint
        assert listed(server) == 503
        found = lrs("doctor", "--data", data)
        assert found.returncode == exits.WRONG
        assert "halted" in found.stdout
        refused = lrs("rebuild", "--data", data)
        assert refused.returncode == exits.HALTED, refused.stdout + refused.stderr

        done = lrs("rebuild", "--accept-log", "--data", data, "--json")
        assert done.returncode == 0, done.stderr
        answer = orjson.loads(done.stdout)
        [(file, many)] = answer["exported"].items()
        exported = [orjson.loads(line) for line in Path(file).read_text().splitlines()]
        assert {one["id"] for one in exported} == set(lost)
        assert many == len(lost)
        server.wait()
        assert listed(server) == {one for sent in (first, later, more) for one in sent[VOIDED:]}
        compare(data, first + later + more)
