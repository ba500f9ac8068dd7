"""infra/compose.yaml, as Docker Compose would read it: there is no Docker where the tests run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

INFRA = Path(__file__).parents[2] / "infra"
_VARIABLE = re.compile(r"\$\{(\w+)(?::\?[^}]*)?\}")


def document() -> dict[str, Any]:
    """The whole file, with aliases and merges resolved, and variables not replaced."""
    found: dict[str, Any] = yaml.safe_load((INFRA / "compose.yaml").read_text("utf-8"))
    return found


def services() -> dict[str, dict[str, Any]]:
    """The services by name."""
    found: dict[str, dict[str, Any]] = document()["services"]
    return found


def variables() -> set[str]:
    """The variables that the file takes from .env."""
    return set(_VARIABLE.findall((INFRA / "compose.yaml").read_text("utf-8")))


def filled(value: object, name: str = "0a1b") -> str:
    """A value with every variable replaced."""
    return _VARIABLE.sub(lambda found: f"{name}:{name}" if found[1] == "PACER_CREDENTIAL" else name, str(value))
