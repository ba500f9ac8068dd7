"""The runbook of a halt: the right log is put back, and what was accepted meanwhile is taken in from the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.test_lost_while_stopped import restart
from tests.e2e.test_other_log import reasons
from tests.e2e.test_serve import lrs
from tests.support.sent import listed
from tests.support.server import Server, serving
from tests.support.statements import answered


def send(server: Server, name: str) -> set[str]:
    """The ids of three statements that were accepted."""
    with server.client() as client:
        sent = client.post("/xAPI/statements", json=[answered(name, item=f"i{number}") for number in range(3)])
    return set(sent.raise_for_status().json())


@pytest.mark.timeout(1200)
def test_what_was_accepted_meanwhile_is_taken_in(tmp_path: Path) -> None:
    older, right, taken, data = (tmp_path / name for name in ("older", "right", "taken-log", "data"))

    def put_older(data: Path) -> None:
        (data / "log").rename(right)
        shutil.copytree(older, data / "log")

    with serving(data) as server:
        sent = send(server, "ada")
        server.wait()
        assert server.stop() == 0
        shutil.copytree(data / "log", older)
        server.start()
        sent |= send(server, "ben")
        server.wait()
        restart(server, put_older)
        reasons(server)
        sent |= send(server, "cem")
        assert server.stop() == 0
        (data / "log").rename(taken)
        shutil.copytree(right, data / "log")
        server.start()
        done = lrs("import", taken, "--data", data, "--wait")
        assert (done.returncode, "3 of the taken log were there already" in done.stdout) == (0, True), done.stderr
        server.wait()
        assert listed(server) == sent
