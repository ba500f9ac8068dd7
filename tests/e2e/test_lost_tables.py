"""Tables that are lost or cut while it runs: found, closed to readers, and rebuilt by themselves."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import product
from pathlib import Path

import httpx
import pytest

from lrs.log.sqlite import SqliteLog
from lrs.store.client import Store, StoreRefused, StoreUnavailable
from lrs.store.dsn import dsn
from processors.folds.registry import all_folds
from processors.runtime.rebuild import RECORD
from schemas.record import DEAD_LETTERS
from tests.e2e.test_kill import compare
from tests.e2e.test_rebuild import varied
from tests.support.eventually import eventually
from tests.support.examples import SOAK
from tests.support.sent import VOIDED, listed, made, post
from tests.support.server import KEY, SECRET, Server, serving
from tests.support.side_by_side import side_by_side

TABLES = [*RECORD, *(fold.name for fold in all_folds()), "checkpoints"]


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


def other_byte(part: Path) -> None:
    """A byte in the middle of the rows is another, and the file as long as before."""
    file = part / "data.bin"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def no_marks(part: Path) -> None:
    """As a merge on a full disk left it."""
    os.truncate(next(part.glob("data.*mrk*")), 0)


def no_rows(part: Path) -> None:
    os.truncate(part / "data.bin", 0)


CHANGES = (other_byte, no_marks, no_rows)


def damage(data: Path, table: str, change: Callable[[Path], None]) -> None:
    """Change a file of every part that is read; none is merged meanwhile."""
    store = Store(dsn(data, None))
    store.command(f"SYSTEM STOP MERGES {table}")
    merging = "SELECT count() FROM system.merges WHERE database = currentDatabase() AND table = %(table)s"
    # A merge that has read its parts is not stopped: it would put a whole part in place of the changed ones.
    eventually(lambda: store.tuples(merging, {"table": table}) == [(0,)], 60)
    asked = "SELECT path FROM system.parts WHERE database = currentDatabase() AND active AND table = %(table)s"
    parts = store.tuples(asked, {"table": table})
    assert parts, f"{table} has no rows: nothing is damaged"
    for (path,) in parts:
        change(Path(path))


def forget_what_was_read(data: Path) -> None:
    """Else a table that is small is answered from memory."""
    store = Store(dsn(data, None))
    for cache in ("MARK CACHE", "UNCOMPRESSED CACHE", "QUERY CONDITION CACHE"):
        store.command(f"SYSTEM DROP {cache}")


def uuid_of(data: Path, table: str) -> str:
    sql = "SELECT toString(uuid) FROM system.tables WHERE database = currentDatabase() AND name = %(table)s"
    return "".join(found for (found,) in Store(dsn(data, None)).tuples(sql, {"table": table}))


def found_out(server: Server, table: str, before: str, seconds: float = 240) -> None:
    """Wait until `/ready` says that tables are rebuilt, or the table is another already."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError, StoreUnavailable):
            ready = httpx.get(f"{server.base}/ready", auth=(KEY, SECRET), timeout=5)
            if "are being rebuilt" in ready.text or uuid_of(server.data, table) != before:
                return
        time.sleep(0.05)
    raise AssertionError(f"{table} is as it was after {seconds} s")


@pytest.mark.timeout(3600)
def test_a_part_that_cannot_be_read_while_it_runs(tmp_path: Path) -> None:
    """Each damage of a table has a server of its own; all wait for the next look at the tables."""

    def damage_and_wait(damaged: tuple[str, Callable[[Path], None]]) -> None:
        table, change = damaged
        with serving(tmp_path / f"{table}-{change.__name__}") as server:
            ids = post(server, varied())  # so that every table has rows
            server.wait()
            before = uuid_of(server.data, table)
            damage(server.data, table, change)
            forget_what_was_read(server.data)
            more = send(server, seed=1)
            with suppress(StoreRefused, StoreUnavailable):
                Store(dsn(server.data, None)).tuples(f"SELECT * FROM {table}", {})
            found_out(server, table, before)
            never_empty(server, ids)
            server.wait()
            compare(server.data, ids + more)

    tables = TABLES if SOAK else ["statements", "mastery", "checkpoints"]
    side_by_side(damage_and_wait, list(product(tables, CHANGES)))


LOSSES = (
    "DROP TABLE mastery SYNC",
    "TRUNCATE TABLE engagement",
    "TRUNCATE TABLE statements",
    "DROP TABLE observations SYNC",
    "DROP TABLE voids SYNC",
    "DROP VIEW to_agent_statements SYNC",
    "DROP TABLE checkpoints SYNC",
    "DROP DATABASE pacer SYNC",
)


def test_lost_while_it_runs(tmp_path: Path) -> None:
    """Each on a server of its own; some wait for the next look at the tables."""

    def lose(sql: str) -> None:
        data = tmp_path / str(LOSSES.index(sql))
        with serving(data) as server:
            ids = send(server)
            server.wait()
            Store(dsn(data, None)).command(sql, 60)
            more = send(server, seed=1)  # writes go on; the stages meet what is not there any more
            never_empty(server, ids)
            server.wait()
            compare(data, ids + more)
            log = SqliteLog(data / "log")
            assert log.end(DEAD_LETTERS) == 0
            log.close()

    side_by_side(lose, LOSSES)
