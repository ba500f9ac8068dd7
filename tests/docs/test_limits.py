"""The limits on the page are those of the code."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/reference/limits.md"
_ROW = re.compile(r"^\| .+? \| ([\d,]+)(?: (KiB|MiB|s))? \| .+? \| `([\w/]+)\.py:(\w+)` \|$", re.M)
_UNITS = {"": 1, "s": 1, "KiB": 1 << 10, "MiB": 1 << 20}


def test_they_are_the_codes() -> None:
    text = PAGE.read_text()
    rows = _ROW.findall(text)
    assert len(rows) == text.count(".py:"), "a row is not in the form that is read here"
    for number, unit, module, constant in rows:
        found = getattr(import_module(module.replace("/", ".")), constant)
        assert found == int(number.replace(",", "")) * _UNITS[unit], f"{module}.py:{constant}"
