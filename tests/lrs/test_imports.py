"""What a process imports before it does anything: what it does not need makes every start of it slower."""

from __future__ import annotations

import subprocess
import sys

import pytest

_SLOW = ["numpy", "sqlalchemy", "pydantic", "fastapi", "aiohttp", "cryptography", "clickhouse_connect", "rich", "babel"]


@pytest.mark.parametrize(
    ("module", "needed"),
    [
        ("lrs.cli.main", set()),
        ("lrs.cli.serve", {"sqlalchemy"}),  # credentials; it supervises, and its children do the rest
        # It tells webhooks of alerts, too; numpy only once a filter of ids is there.
        ("lrs.processes.embedded", {"pydantic", "clickhouse_connect", "sqlalchemy", "aiohttp"}),
        ("lrs.cli.worker", {"pydantic", "clickhouse_connect", "sqlalchemy"}),
        ("lrs.cli.parts", {"pydantic", "clickhouse_connect"}),  # most commands
        ("lrs.engine.serve", set()),  # without the engine itself, which a test of the command line need not load
    ],
)
def test_only_what_is_needed_is_imported(module: str, needed: set[str]) -> None:
    code = f"import sys, {module}; print(*(set({_SLOW}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) == needed
