"""Writing files that others rely on: whole or as before after a loss of power, and for their owner's eyes alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

UNFINISHED = ".new"  # how names end of what is being written; left behind by a killed process alone


def replace_file(path: Path, *pieces: bytes) -> None:
    """Make these bytes the content of a file: who reads it meanwhile, or after a loss of power, finds the old or the
    new. Raises OSError."""
    beside = write_beside(path, pieces)
    try:
        beside.replace(path)
    except BaseException:
        beside.unlink()
        raise
    sync(path.parent)


def write_beside(path: Path, pieces: Iterable[bytes]) -> Path:
    """A durable file with these bytes in the same folder, under a name that nobody else uses. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=UNFINISHED)  # its mode is 0600
    beside = Path(name)
    try:
        with open(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        beside.unlink()
        raise
    return beside


def sync(path: Path) -> None:
    """Make a file's data, or a folder's names, durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
