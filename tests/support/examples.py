"""How many examples a property is tested with, where one of them takes long."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import settings

SOAK = os.environ.get("PACER_PROFILE") == "soak"  # `make soak`


def examples(usual: int, soak: int = 1000, **more: Any) -> settings:
    """So many in `make test`, and so many in `make soak`."""
    return settings(max_examples=soak if SOAK else usual, **more)
