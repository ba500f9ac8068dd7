"""Attachments in a folder. What has been kept never changes, so it needs no lock."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

_SUMS = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}  # by hex digits
_READ = 1 << 16


class Attachments:
    """A folder of attachments.

    Args:
        folder: made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def receive(self, sha2: str) -> Incoming:
        """Start to take data in whose SHA-2 sum is said to be `sha2` (hex). Raises ValueError, OSError."""
        return Incoming(self, self._folder, sha2)

    def size(self, tenant: str, sha2: str) -> int | None:
        """The bytes of an attachment; None if it is not kept here."""
        try:
            return self.path(tenant, sha2).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, tenant: str, sha2: str) -> Iterator[bytes]:
        """An attachment's data, in pieces. Raises OSError."""
        with self.path(tenant, sha2).open("rb") as file:
            while piece := file.read(_READ):
                yield piece

    def path(self, tenant: str, sha2: str) -> Path:
        """Where an attachment stands, or would."""
        sha2 = sha2.lower()
        return self._folder / f"tenant-{quote(tenant, safe='')}" / sha2[:2] / sha2


class Incoming:
    """Data on its way in: summed up and written as it comes."""

    def __init__(self, attachments: Attachments, folder: Path, sha2: str) -> None:
        self._attachments = attachments
        self.sha2 = sha2.lower()
        if len(sha2) not in _SUMS:
            raise ValueError("not a SHA-2 sum in hex")
        self._sum: Any = hashlib.new(_SUMS[len(sha2)])
        self._file: IO[bytes] = tempfile.NamedTemporaryFile(dir=folder, prefix="incoming-", delete=False)  # noqa: SIM115

    def write(self, piece: bytes) -> None:
        """Take a piece. Raises OSError."""
        self._sum.update(piece)
        self._file.write(piece)

    def whole(self) -> bool:
        """Whether the data has the sum that was said."""
        return bool(self._sum.hexdigest() == self.sha2)

    def content(self) -> bytes:
        """The data so far."""
        self._file.flush()
        return Path(self._file.name).read_bytes()

    def keep(self, tenant: str) -> None:
        """Keep the data, durably; the same data again costs no room. Raises OSError."""
        path = self._attachments.path(tenant, self.sha2)
        if path.exists():
            self.discard()
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self._file.name, path)
        for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
            _sync(folder)

    def discard(self) -> None:
        """Throw the data away, if it has not been kept."""
        self._file.close()
        Path(self._file.name).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
