"""The page on the architecture names every room, so that a reader can place each line."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/architecture.md"


def test_every_room_is_named() -> None:
    text = PAGE.read_text()
    rooms = ["schemas/", "infra/", "tests/", "benchmarks/", "examples/"]
    rooms += [f"{top}/{path.name}/" for top in ("lrs", "processors") for path in _rooms(ROOT / top)]
    assert [room for room in rooms if f"`{room}`" not in text] == []


def test_the_layers_are_those_of_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert layers
    assert all("```text\n" + "\n".join(made) + "\n```" in PAGE.read_text() for made in layers)


def _rooms(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if (path / "__init__.py").exists())
