"""Writing files that others rely on: whole or as before after a loss of power, and for their owner's eyes alone."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

UNFINISHED = ".new"  # how names end of what is being written; left behind by a killed process alone


def replace_file(path: Path, *pieces: bytes) -> None:
    """Make these bytes the content of a file: who reads it meanwhile, or after a loss of power, finds the old or the
    new. Raises OSError."""
    beside = write_beside(path, pieces)
    with _removed_if_it_fails(beside):
        beside.replace(path)
    sync(path.parent)


def write_beside(path: Path, pieces: Iterable[bytes]) -> Path:
    """A durable file with these bytes in the same folder, under a name that nobody else uses. Raises OSError."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.", suffix=UNFINISHED)  # its mode is 0600
    beside = Path(name)
    with _removed_if_it_fails(beside), open(descriptor, "wb") as file:
        for piece in pieces:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return beside


@contextmanager
def _removed_if_it_fails(beside: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:  # an interrupt, too, must leave no unfinished file; the error goes on to the caller
        beside.unlink()
        raise


def probe_room(folder: Path, size: int) -> None:
    """Write so many bytes to a file without a name, and drop it. Raises OSError where the folder takes no more."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        pages = bytes(size)
        while pages:
            pages = pages[file.write(pages) :]


def sync(path: Path) -> None:
    """Make a file's data, or a folder's names, durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
