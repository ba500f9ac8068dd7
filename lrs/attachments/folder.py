"""Attachments in a folder. What has been kept never changes, so it needs no lock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lrs.attachments import TENANT, AttachmentKey
from lrs.attachments.incoming import SpooledAttachment, file_errors, spool_folder
from lrs.database.in_use import FilesInUse
from lrs.files import sync

_READ_BYTES = 1 << 16


class FolderAttachments:
    """A folder of attachments.

    Args:
        folder: made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = spool_folder(folder)
        self._in_use = FilesInUse(folder)

    def receive(self, sha2: str) -> SpooledAttachment:
        self._in_use.check()
        return SpooledAttachment(self._folder, sha2, self._keep)

    def size(self, tenant: str, owner: str, sha2: str) -> int | None:
        try:
            return self._path(AttachmentKey(tenant, owner, sha2)).stat().st_size
        except FileNotFoundError:
            self._in_use.check()
            return None

    def read(self, tenant: str, owner: str, sha2: str) -> Iterator[bytes]:
        with file_errors(), self._path(AttachmentKey(tenant, owner, sha2)).open("rb") as file:
            while piece := file.read(_READ_BYTES):
                yield piece

    def names(self) -> Iterator[AttachmentKey]:
        with file_errors():
            for path in sorted(self._folder.glob(f"{TENANT}*/*/??/*")):
                yield AttachmentKey.parse(f"{path.parents[2].name}/{path.parents[1].name}/{path.name}")

    def _keep(self, key: AttachmentKey, file: Path) -> None:
        path = self._path(key)
        if path.exists():
            return
        self._in_use.check()
        path.parent.mkdir(parents=True, exist_ok=True)
        sync(file)
        os.replace(file, path)
        for folder in path.parents:
            sync(folder)
            if folder == self._folder:
                break

    def _path(self, key: AttachmentKey) -> Path:
        path = self._folder / key.path()
        return path.parent / path.name[:2] / path.name
