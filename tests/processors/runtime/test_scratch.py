from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from processors.runtime import scratch


def test_the_folders_of_killed_workers_are_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path))
    killed_worker = (
        "import os, signal, sys, tempfile; from processors.runtime import scratch; tempfile.tempdir = sys.argv[1]; "
    )
    killed_worker += "(scratch.folder() / 'v1').mkdir(); os.kill(os.getpid(), signal.SIGKILL)"
    for _ in range(2):  # the second removes what the first left
        assert subprocess.run([sys.executable, "-c", killed_worker, tmp_path]).returncode == -9
        assert len(list(tmp_path.iterdir())) == 1
    (tmp_path / "another").mkdir()
    (tmp_path / "pacer-worker-of-nobody").mkdir()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alive:
        running = tmp_path / f"pacer-worker-{alive.pid}-x"
        running.mkdir()
        (tmp_path / f"pacer-worker-{os.getpid()}-x").mkdir()
        own = scratch.folder()
        assert set(tmp_path.iterdir()) == {own, running, tmp_path / "another", tmp_path / "pacer-worker-of-nobody"}
        alive.kill()
    assert own.stat().st_mode & 0o077 == 0
