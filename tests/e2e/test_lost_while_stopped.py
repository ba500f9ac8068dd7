"""Tables that were lost, replaced or cut while nothing ran: found at the start, closed to readers, and rebuilt."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.test_kill import compare
from tests.e2e.test_lost_tables import never_empty, parts_of, send
from tests.support.server import Server, serving


def restart(server: Server, change: Callable[[Path], None]) -> None:
    """Stop, change the folder, and start without waiting."""
    assert server.stop() == 0
    change(server.data)
    server.start(settled=False, wait=False)


def engine_lost(data: Path) -> None:
    shutil.rmtree(data / "engine")


def engine_unreadable(data: Path) -> None:
    """Its definitions are garbage, so that it does not open."""
    for file in (data / "engine/metadata").resolve().glob("*.sql"):
        file.write_bytes(b"\0garbage")


def engine_no_folder(data: Path) -> None:
    shutil.rmtree(data / "engine")
    (data / "engine").write_bytes(b"a file")


def part_lost(data: Path) -> None:
    """The part with the most rows of each table, as its files."""
    for part in parts_of(data, "mastery") + parts_of(data, "statements")[:1]:
        shutil.rmtree(part)


@pytest.mark.parametrize("change", [engine_lost, engine_unreadable, engine_no_folder, part_lost])
def test_lost_while_it_was_stopped(tmp_path: Path, change: Callable[[Path], None]) -> None:
    with serving(tmp_path) as server:
        ids = send(server)
        server.wait()
        restart(server, change)
        never_empty(server, ids)
        server.wait()
        more = send(server, seed=1)
        server.wait()
        compare(tmp_path, ids + more)
