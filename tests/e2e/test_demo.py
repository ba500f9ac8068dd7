"""`lrs demo --once`, smaller than a newcomer's."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.support.server import free_port


def test_demo_once() -> None:
    words = ["demo", "--once", "--port", str(free_port()), "--classes", "2", "--learners", "8", "--weeks", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "lrs.cli.main", *words], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Class 7a" in done.stdout
    assert "Class 7b" in done.stdout
    for step in ("statements", "plans and a check"):  # nobody watches, and it is not silent for minutes
        assert re.findall(rf"^{step}: ([\d,]+) of \1$", done.stderr, re.M), step
    assert "event → queryable: p50" in done.stdout
    assert "/sign-in/once/" not in done.stdout  # nobody answers there any longer
    assert re.search(r"run `lrs demo` without", done.stdout)
    assert "Traceback" not in done.stderr
