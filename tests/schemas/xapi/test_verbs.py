"""ADL's verbs have one home."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from schemas.xapi.verbs import ADL

ROOT = Path(__file__).parents[3]
SHOWN = {"lrs/api/examples.py", "lrs/web/start_page.py"}  # statements that people copy, whole


def written(file: Path) -> Iterator[str]:
    """The strings of a module that say where ADL publishes a verb."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ADL in node.value:
            yield node.value


def test_nobody_else_writes_where_adl_publishes_verbs() -> None:
    files = [file for room in ("schemas", "lrs", "processors") for file in (ROOT / room).rglob("*.py")]
    homes = {str(file.relative_to(ROOT)) for file in files if any(written(file))}
    assert homes - SHOWN == {"schemas/xapi/verbs.py"}
