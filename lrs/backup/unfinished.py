"""Restores into a folder that were cut short, by a kill or a loss of power.

All is made in a subfolder, and moved to its place once complete. So a restore that was cut short leaves
that folder, and until somebody finishes it, what else is there is not all that was backed up.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from lrs.files import sync

_WHOLE = "whole"  # a file that says that all is there, and checked


def beside(data: Path) -> Path:
    """Where a restore makes the parts of a folder."""
    return data / "restoring"


def is_unfinished(data: Path) -> bool:
    """Whether a restore into a folder was cut short."""
    return beside(data).exists()


def is_whole(data: Path) -> bool:
    """Whether one that was cut short had all its parts, and was moving them to their places.

    Or had moved them: all that is left to remove is the folder itself. One that has only begun has no log in its place.
    """
    new_folder = beside(data)
    if (new_folder / _WHOLE).exists():
        return True
    return new_folder.is_dir() and not any(new_folder.iterdir()) and (data / "log").exists()


def move(data: Path) -> None:
    """Move what was made beside to its place, or what is left of it. Raises OSError."""
    new_folder = beside(data)
    (new_folder / _WHOLE).touch(0o600)
    sync(new_folder)
    parts = sorted(path.name for path in new_folder.iterdir() if path.name != _WHOLE)
    for name in sorted(parts, key=lambda name: name == "log"):  # last: without it, the folder is empty to everybody
        (new_folder / name).rename(data / name)
    sync(data)
    shutil.rmtree(new_folder)
