"""The small files of a data folder: removed, empty or damaged, at the start and while it runs; or a folder instead."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from lrs.cli.main import main
from lrs.processes.denied import SMALL_FILES
from tests.support.eventually import eventually
from tests.support.server import KEY, SECRET, Server, free_port, serving
from tests.support.statements import answered

# Those that a running server has, and makes again by itself (a gate when somebody comes to it).
MADE_AGAIN = ("engine.json", "engine.lock", "engine.port", "serve.lock", "gates/admit", "gates/mastery", "gates/tables")
DAMAGED = b"\xa5{"


def serve(data: Path) -> subprocess.CompletedProcess[str]:
    """A start that is refused."""
    words = ["serve", "--data", os.fspath(data), "--port", str(free_port()), "--credential", f"{KEY}:{SECRET}"]
    return subprocess.run([sys.executable, "-m", "lrs.cli.main", *words], capture_output=True, text=True, timeout=120)


def damage(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def send(server: Server, name: str) -> None:
    """A statement, which is folded, and asked for: through every process."""
    with server.client() as client:
        statement = answered(name, item=name)
        assert client.post("/xAPI/statements", json=statement).status_code == 200
        server.wait(60)
        assert client.get("/xAPI/statements", params={"statementId": statement["id"]}).status_code == 200


def test_small_files_that_are_lost_or_damaged_while_it_runs_are_made_again(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        send(server, "before")
        engine = server.children()["lrs.engine.serve"]
        files = [tmp_path / "data" / name for name in MADE_AGAIN]
        for number, content in enumerate((None, b"", DAMAGED)):
            for path in files:
                damage(path, content)
            send(server, f"after-{number}")
            eventually(lambda: all(path.exists() for path in files if path.parent == server.data), 30)
            refused = serve(server.data)
            assert refused.returncode == 3, refused.stderr
            assert "another `lrs serve`" in refused.stderr
        assert server.children()["lrs.engine.serve"] == engine  # none of it was blamed on the tables


@pytest.mark.parametrize("content", [b"", DAMAGED])
def test_a_start_with_small_files_that_are_damaged(content: bytes, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(data) as server:
        send(server, "before")
    for name in (*SMALL_FILES, "gates/admit", "gates/mastery", "gates/tables"):
        if name not in ("log/damaged.json", "attachments/.stamp"):  # what was damaged, and which folder it is: a truth
            (data / name).parent.mkdir(exist_ok=True)
            damage(data / name, content)
    again = Server(data, free_port())
    again.start()
    try:
        send(again, "after")
        assert not (data / "engine.unreadable").exists()
    finally:
        again.stop()


@pytest.mark.parametrize("name", SMALL_FILES)
def test_a_folder_in_place_of_a_file_is_named(name: str, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / name).mkdir(parents=True)
    for command, code in (("doctor", 1), ("verify", 9), ("serve", 9)):
        done = CliRunner().invoke(main, [command, "--data", os.fspath(tmp_path)])
        assert (done.exit_code, type(done.exception)) == (code, SystemExit), done.output
        assert f"{tmp_path / name} is a folder" in done.output


def put_nothing(path: Path) -> None:
    """A name that leads nowhere."""
    path.symlink_to(path.parent / "nowhere" / "file")


@pytest.mark.parametrize("put", [Path.mkdir, put_nothing, os.mkfifo])
def test_what_stands_in_place_of_a_lock_ends_nobody(put: Callable[[Path], None], tmp_path: Path) -> None:
    with serving(tmp_path / "data") as server:
        send(server, "before")
        processes = server.children()
        for name in ("serve.lock", "engine.lock"):
            path = server.data / name
            path.unlink()
            put(path)
            time.sleep(2)  # each process looks at its lock every second or sooner
            send(server, f"after-{name}")
            path.rmdir() if path.is_dir() else path.unlink()
            eventually(path.is_file, 30)
        assert server.children() == processes
