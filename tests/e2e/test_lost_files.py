"""The engine's files that are lost or cut while it runs: found, closed to readers, and rebuilt by themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.e2e.test_kill import compare
from tests.e2e.test_lost_tables import never_empty, parts_of, send
from tests.support.eventually import eventually
from tests.support.server import serving


def test_the_engine_lost_while_it_runs(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        ids = send(server)
        server.wait()
        engine = server.children()["lrs.engine.serve"]
        shutil.rmtree(tmp_path / "engine", ignore_errors=True)
        more = send(server, seed=1)
        eventually(lambda: server.children().get("lrs.engine.serve", engine) != engine)
        never_empty(server, ids)
        server.wait()
        compare(tmp_path, ids + more)


def test_a_part_that_is_cut_while_it_runs(tmp_path: Path) -> None:
    """Also where nothing comes any more: the next look finds it."""
    with serving(tmp_path) as server:
        ids = send(server)
        server.wait()
        for part in parts_of(tmp_path, "statements"):
            with (part / "data.bin").open("r+b") as file:
                file.truncate((part / "data.bin").stat().st_size // 2)
        never_empty(server, ids, 120)
        server.wait()
        compare(tmp_path, ids)
