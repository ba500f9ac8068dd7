"""Which part may know which: the contracts in pyproject.toml, and what may lie at the top of `lrs`."""

from __future__ import annotations

from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
ALONE = {"__init__.py", "app.py", "errors.py", "exits.py", "extras.py", "py.typed"}


def test_contracts() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None) == 0


def test_everything_else_of_lrs_is_a_room() -> None:
    found = {path.name for path in (ROOT / "lrs").iterdir() if path.is_file()}
    assert found == ALONE
