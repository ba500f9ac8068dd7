"""The npm clients of tests/clients, and a way to run a program that uses them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.support.alone import alone
from tests.support.not_tested import not_tested

CLIENTS = Path(__file__).parents[1] / "clients"
_STAMP = CLIENTS / "node_modules/.of-package"
_INSTALL = ["npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"]


@pytest.fixture(scope="session")
def npm_clients() -> None:
    """The clients are installed. Skips, saying so, where Node is missing; in CI that is a failure."""
    lacking = [program for program in ("node", "npm") if shutil.which(program) is None]
    if lacking:
        not_tested("the npm clients", f"{' and '.join(lacking)} is not installed")
    wanted = (CLIENTS / "package.json").read_bytes()
    with alone("npm"):
        if not _STAMP.is_file() or _STAMP.read_bytes() != wanted:
            subprocess.run(_INSTALL, cwd=CLIENTS, check=True, capture_output=True, timeout=300)
            _STAMP.write_bytes(wanted)


def run(program: str, *arguments: str) -> Any:
    """What a program of tests/clients prints, as JSON. Fails with what it said where it fails."""
    done = subprocess.run(["node", program, *arguments], cwd=CLIENTS, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return orjson.loads(done.stdout)
