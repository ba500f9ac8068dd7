"""Incoming data, in a file beside the store that will keep it."""

from __future__ import annotations

import errno
import hashlib
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from lrs.attachments import AttachmentKey, AttachmentsUnavailable
from lrs.errors import Full

SUMS = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}  # by hex digits
STALE_SECONDS = 86_400.0  # no request takes so long: what is older was left by a process that was killed
_INCOMING_PREFIX = "incoming-"
_HEX = re.compile("[0-9a-f]+")


class SpooledAttachment:
    """One attachment in a file of `folder`; `keep` moves the file to its key.

    Raises ValueError where `sha2` is not a SHA-2 sum in hex, Full, AttachmentsUnavailable.
    """

    def __init__(self, folder: Path, sha2: str, keep: Callable[[AttachmentKey, Path], None]) -> None:
        self.sha2 = sha2.lower()
        if len(sha2) not in SUMS or not _HEX.fullmatch(self.sha2):
            raise ValueError("not a SHA-2 sum in hex")
        self._keep = keep
        self._sum: Any = hashlib.new(SUMS[len(sha2)])
        with file_errors():
            self._file: IO[bytes] = tempfile.NamedTemporaryFile(dir=folder, prefix=_INCOMING_PREFIX, delete=False)  # noqa: SIM115

    def write(self, piece: bytes) -> None:
        self._sum.update(piece)
        with file_errors():
            self._file.write(piece)

    def whole(self) -> bool:
        with file_errors():
            self._file.close()  # a request may bring many
        return bool(self._sum.hexdigest() == self.sha2)

    def content(self, most: int) -> bytes:
        with file_errors():
            if not self._file.closed:
                self._file.flush()
            with Path(self._file.name).open("rb") as file:
                return file.read(most)

    def keep(self, tenant: str, owner: str) -> None:
        with file_errors():
            self._file.close()
            self._keep(AttachmentKey(tenant, owner, self.sha2), Path(self._file.name))
        self.discard()

    def discard(self) -> None:
        with suppress(OSError):  # what could not be written is thrown away
            self._file.close()
        Path(self._file.name).unlink(missing_ok=True)


@contextmanager
def file_errors() -> Iterator[None]:
    """What the file system says, in this store's words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Full("there is no room for attachments") from error
        raise AttachmentsUnavailable(f"attachments cannot be kept: {error.strerror or type(error).__name__}") from error


def spool_folder(folder: Path) -> Path:
    """The folder, made if missing, without what a killed process left there long ago."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob(f"{_INCOMING_PREFIX}*"):
        try:
            if path.stat().st_mtime < time.time() - STALE_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue  # kept or thrown away meanwhile
    return folder
