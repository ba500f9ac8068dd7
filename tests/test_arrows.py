"""Which part may know which: the contracts in pyproject.toml, and what may lie at the top of `lrs`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALONE = {"__init__.py", "app.py", "clock.py", "errors.py", "exits.py", "extras.py", "files.py", "py.typed"}


def test_contracts() -> None:
    # In a process of its own: it silences every logger that exists, and other tests read what was logged.
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    found = subprocess.run(
        [*command, "--config", "pyproject.toml", "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert found.returncode == 0, found.stdout + found.stderr


def test_everything_else_of_lrs_is_a_room() -> None:
    found = {path.name for path in (ROOT / "lrs").iterdir() if path.is_file()}
    assert found == ALONE
