"""The files of a data folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def paths_below(folder: Path) -> Iterator[Path]:
    """Every file and folder below one; `rglob` fails where the engine removes a temporary folder meanwhile."""
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            yield Path(above, name)
