"""Files in use: whether those that were opened are still the ones that their names stand for.

An open file outlives its name: after `rm -rf` what is written to it is answered as kept, and is gone with the process.
That is so of a database's journals, too: what was committed is in them alone until SQLite writes it back.
"""

from __future__ import annotations

import os
from pathlib import Path

from lrs.errors import LostData

_JOURNALS = ("-wal", "-shm")
_END_GENTLY = "end the server with SIGTERM, which writes back what the journal holds, and start it"
_Inode = tuple[int, int]


class FileGone(LostData):
    """A file was removed or replaced while it was in use: what is written to it is lost."""


class FilesInUse:
    """Files that this process has open, as they are now.

    One that is not there yet is known from the first check that finds it.
    """

    def __init__(self, *paths: Path) -> None:
        self._known = {os.fspath(path): _inode(os.fspath(path)) for path in paths}

    def check(self) -> None:
        """See that they are still those. Raises FileGone."""
        for path, known_inode in self._known.items():
            if known_inode is None:
                self._known[path] = _inode(path)
            elif _inode(path) != known_inode:
                advice = _END_GENTLY if path.endswith(_JOURNALS) else "put it back and restart"
                raise FileGone(f"{path} was removed or replaced while it was in use: {advice}")


def journals(database: Path) -> tuple[Path, Path]:
    """The files beside an SQLite database that its open connections share. SQLite removes them with the last one."""
    name = os.fspath(database)
    wal, shm = (Path(name + suffix) for suffix in _JOURNALS)
    return wal, shm


def _inode(path: str) -> _Inode | None:
    try:
        file_status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return file_status.st_dev, file_status.st_ino
