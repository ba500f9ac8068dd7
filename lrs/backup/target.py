"""Where a backup is kept: a folder or an object store. A file has a name with slashes, and never changes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from lrs.attachments.setting import parse_bucket
from lrs.errors import Conflict, LostData, Missing
from lrs.extras import needs
from lrs.files import UNFINISHED, sync, write_beside

PIECE = 1 << 20


class BackupTarget(Protocol):
    """Files by name. Raises Transient when it does not answer, Full without room."""

    def put(self, name: str, file: Path) -> None:
        """Keep a copy of a file, whole and durably, or nothing."""

    def create(self, name: str, file: Path) -> None:
        """Keep a copy of a file under a name that nobody has used. Raises Conflict where somebody has."""

    def read(self, name: str) -> Iterator[bytes]:
        """A file's bytes. Raises Missing."""

    def names(self, folder: str) -> Iterator[tuple[str, int]]:
        """The files whose names begin with `folder/`, and their sizes."""


class BackupFolder:
    """A folder of this machine, or one that is mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, file: Path) -> None:
        path = self._folder / name
        self._copy(file, name).replace(path)
        sync(path.parent)

    def create(self, name: str, file: Path) -> None:
        path, beside = self._folder / name, self._copy(file, name)
        try:
            os.link(beside, path)
        except FileExistsError as error:
            raise Conflict(f"{name} exists already") from error
        finally:
            beside.unlink()
        sync(path.parent)

    def _copy(self, file: Path, name: str) -> Path:
        """A copy of a file beside the name that it is to get, under one that no other run uses."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with file.open("rb") as source:
            return write_beside(path, iter(lambda: source.read(PIECE), b""))

    def read(self, name: str) -> Iterator[bytes]:
        try:
            with (self._folder / name).open("rb") as file:
                while piece := file.read(PIECE):
                    yield piece
        except FileNotFoundError as error:
            raise Missing(f"the backup lacks {name}") from error

    def names(self, folder: str) -> Iterator[tuple[str, int]]:
        for path in sorted((self._folder / folder).rglob("*")):
            if path.is_file() and path.suffix != UNFINISHED:
                yield path.relative_to(self._folder).as_posix(), path.stat().st_size


def open_target(where: str) -> BackupTarget:
    """The folder, or s3://BUCKET/PREFIX. Raises ValueError."""
    if "://" not in where:
        return BackupFolder(Path(where))
    with needs("s3"):
        from lrs.backup.objects import BackupBucket
    return BackupBucket(*parse_bucket(where))


def kept_names(target: BackupTarget, folder: str) -> set[str]:
    """What a folder of the target has now: a manifest says only what it had. Raises Transient."""
    return {name for name, _ in target.names(folder)}


def read_checked(target: BackupTarget, name: str, sha256: str) -> bytes:
    """A file's bytes. Raises LostData where they are not those that were kept, and Missing."""
    checked_content = b"".join(target.read(name))
    if hashlib.sha256(checked_content).hexdigest() != sha256:
        raise LostData(f"{name} of the backup is not as it was written")
    return checked_content
