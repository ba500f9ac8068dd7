"""A full disk: 507 or 503, everything acknowledged is kept, and work goes on when there is room."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from lrs.store.dsn import dsn
from processors.folds.registry import all_folds
from schemas.record import STATEMENTS, Bundle
from tests.e2e.test_parts import lrs
from tests.support.not_tested import not_tested
from tests.support.rows import expected, live
from tests.support.server import serving
from tests.support.statements import answered

_SIZE = "400m"
_ROOM = 24 << 20  # bytes left when the load begins


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", tmp_path], capture_output=True)
    if done.returncode != 0:
        not_tested("a full disk", f"mounting a tmpfs, which only root may, gave: {done.stderr.decode().strip()}")
    yield tmp_path
    subprocess.run(["umount", "-l", tmp_path], check=True)


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def test_full_disk(small_disk: Path) -> None:
    data, ballast = small_disk / "data", small_disk / "ballast"
    with serving(data) as server, server.client() as client:
        with ballast.open("wb") as file:
            file.truncate()
            while _free(small_disk) > _ROOM:
                file.write(b"\1" * (1 << 20))
                file.flush()
        acknowledged: list[str] = []
        refused: list[int] = []
        for n in range(3_000):
            sent = [_statement(n, index) for index in range(50)]
            answer = client.post("/xAPI/statements", json=sent)
            if answer.status_code == 200:
                acknowledged += answer.json()
                continue
            refused.append(answer.status_code)
            assert answer.json()["error"]
            assert "Retry-After" in answer.headers
            if len(refused) >= 20:
                break
            time.sleep(0.05)
        assert set(refused) <= {503, 507}
        assert 507 in refused
        assert client.get("/live").status_code == 200
        assert client.get("/ready/write").status_code == 503
        ballast.unlink()
        server.wait()
        again = client.post("/xAPI/statements", json=[_statement(-1, 0)])
        assert again.status_code == 200, again.text
        acknowledged += again.json()
        server.wait()
        _compare(data, acknowledged)
        assert server.stop() == 0


def test_a_full_disk_is_known_before_anything_is_refused(small_disk: Path) -> None:
    with serving(small_disk / "data") as server, server.client() as client:
        server.wait()
        assert client.get("/ready/write").status_code == 200
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while file.write(b"\1" * (1 << 20)):
                pass
        answer = client.get("/ready/write")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
        assert "make room" in answer.text
        said = lrs("doctor", "--json", "--data", small_disk / "data").stdout
        found = {one["part"]: one for one in orjson.loads(said)}
        assert (found["disk"]["ok"], found["log"]["advice"]) == (False, "make room")
        ballast.unlink()
        assert client.get("/ready/write").status_code == 200
        assert server.stop() == 0


def _statement(batch: int, index: int) -> dict[str, Any]:
    pad = {"extensions": {"https://school.example/pad": "x" * 700}}
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_770_000_000 + batch * 60 + index))
    return answered(f"l{index % 7}", f"i{batch % 9}", index % 3 > 0, timestamp=at, result={"success": True, **pad})


def _compare(data: Path, acknowledged: list[str]) -> None:
    log = SqliteLog(data / "log")
    statements: list[dict[str, Any]] = []
    position = 0
    while records := log.read(STATEMENTS, position, 5_000):
        position = records[-1].position + 1
        statements += [orjson.loads(raw) for r in records for raw in Bundle.decode(r.value).statements]
    log.close()
    assert set(acknowledged) <= {s["id"] for s in statements}
    store = Store(dsn(data, None))
    assert store.tuples("SELECT uniqExact(id), count() FROM statements FINAL", {}) == [(len(statements),) * 2]
    for fold in all_folds():
        assert live(store, fold, "default") == expected(fold, "default", statements)
