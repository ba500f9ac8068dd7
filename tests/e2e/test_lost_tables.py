"""Tables that are lost or cut while it runs: found, closed to readers, and rebuilt by themselves."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest

from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store
from lrs.store.dsn import dsn
from schemas.record import DEAD_LETTERS
from tests.e2e.test_kill import compare
from tests.support.sent import VOIDED, listed, made, post
from tests.support.server import Server, serving


def send(server: Server, many: int = 60, seed: int = 0) -> list[str]:
    """Post statements of some learners, a few of them voided; gives their ids."""
    return post(server, made(seed, many))


def never_empty(server: Server, ids: list[str], seconds: float = 300) -> None:
    """Ask until all is there; meanwhile an answer may be refused, and is never one without what was acknowledged."""
    wanted = set(ids[VOIDED:])
    deadline = time.monotonic() + seconds
    refused = 0
    while time.monotonic() < deadline:
        try:
            found = listed(server)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if isinstance(found, set):
            assert wanted <= found, f"{len(wanted - found)} are missing from an answer with 200"
            return
        assert found == 503
        refused += 1
        time.sleep(0.02)
    raise AssertionError(f"not rebuilt in {seconds} s; {refused} answers were refused")


def parts_of(data: Path, table: str) -> list[Path]:
    made = (data / "engine/metadata/pacer").resolve() / f"{table}.sql"
    uuid = made.read_text().split("UUID '")[1].split("'")[0]
    store = data / "engine/store" / uuid[:3] / uuid
    return sorted(part for part in store.iterdir() if part.name.startswith("all_"))


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE mastery SYNC",
        "TRUNCATE TABLE engagement",
        "TRUNCATE TABLE statements",
        "DROP TABLE observations SYNC",
        "DROP TABLE voids SYNC",
        "DROP VIEW to_agent_statements SYNC",
        "DROP TABLE checkpoints SYNC",
        "DROP DATABASE pacer SYNC",
    ],
)
def test_lost_while_it_runs(tmp_path: Path, sql: str) -> None:
    with serving(tmp_path) as server:
        ids = send(server)
        server.wait()
        Store(dsn(tmp_path, None)).command(sql, 60)
        more = send(server, seed=1)  # writes go on; the stages meet what is not there any more
        never_empty(server, ids)
        server.wait()
        compare(tmp_path, ids + more)
        log = SqliteLog(tmp_path / "log")
        assert log.end(DEAD_LETTERS) == 0
        log.close()
