"""HTTP Basic for tests."""

from __future__ import annotations

import base64


def basic(key: str, secret: str) -> str:
    """The header's value."""
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()
