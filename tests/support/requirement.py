"""Marks a test with the requirements it keeps: ids of tests/conformance/requirements.txt."""

from __future__ import annotations

from typing import Any

import pytest


def requirement(*ids: str) -> pytest.MarkDecorator:
    """A mark that names requirements."""
    return pytest.mark.requirement(*ids)


def cases(*rows: tuple[Any, ...]) -> list[Any]:
    """Parameters of a table whose rows start with what they keep: ids with blanks between them."""
    return [
        pytest.param(*values, marks=requirement(*ids.split()), id=f"{ids}-{_short(values[0])}") for ids, *values in rows
    ]


def only(version: str) -> pytest.MarkDecorator:
    """A mark for what one version asks for ("1.0.3" or "2.0.0")."""
    return pytest.mark.parametrize("client", [version], indirect=True)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else ""
