"""The limits on the page are those of the code."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/limits.md"
READING_REQUESTS = (
    *("schemas", "lrs/accounts", "lrs/alerts", "lrs/api", "lrs/attachments", "lrs/auth", "lrs/catalog", "lrs/cmi5"),
    *("lrs/csv_files", "lrs/documents", "lrs/http", "lrs/log", "lrs/people", "lrs/plans", "lrs/record", "lrs/web"),
)
MODULES = [path for room in READING_REQUESTS for path in (ROOT / room).rglob("*.py")]
_CONSTANT = re.compile(r"^((?:MOST|LONGEST|LARGEST|DEEPEST)\w*)(?::[^=]+)? = ", re.M)
_ROW = re.compile(r"^\| .+? \| ([\d,]+)(?: (KiB|MiB|s|%))? \| .+? \| `([\w/]+)\.py:(\w+)` \|$", re.M)
_UNITS = {"": 1, "s": 1, "%": 0.01, "KiB": 1 << 10, "MiB": 1 << 20}


def test_they_are_the_codes() -> None:
    text = PAGE.read_text()
    rows = _ROW.findall(text)
    assert len(rows) == text.count(".py:"), "a row is not in the form that is read here"
    for number, unit, module, constant in rows:
        found = getattr(import_module(module.replace("/", ".")), constant)
        assert found == int(number.replace(",", "")) * _UNITS[unit], f"{module}.py:{constant}"


def test_every_limit_of_a_request_has_a_row() -> None:
    listed = {f"{module}.py:{constant}" for *_, module, constant in _ROW.findall(PAGE.read_text())}
    found = {f"{path.relative_to(ROOT)}:{name}" for path in MODULES for name in _CONSTANT.findall(path.read_text())}
    assert len(found) > 20
    assert found - listed == set()


def test_every_room_of_a_row_is_searched() -> None:
    rooms = {module.rpartition("/")[0] for *_, module, _ in _ROW.findall(PAGE.read_text())}
    assert {room for room in rooms if not room.startswith(READING_REQUESTS)} == set()
