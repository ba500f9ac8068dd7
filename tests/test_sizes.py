"""Modules stay small enough to be read at once (CONTRIBUTING, *How a change is made*)."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]
MOST_LINES = 400


def test_no_module_is_longer() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    sizes = {name: _lines(ROOT / name) for name in listed.stdout.split("\n") if name and (ROOT / name).exists()}
    assert len(sizes) > 500
    assert {name: lines for name, lines in sizes.items() if lines > MOST_LINES} == {}


def test_no_conflict_was_left() -> None:
    """Templates and docs are read by no compiler."""
    found = subprocess.run(
        ["git", "grep", "--untracked", "-nE", r"^(<{7} |>{7} |={7}$)"], cwd=ROOT, capture_output=True, text=True
    )
    assert found.stdout == ""


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines())
