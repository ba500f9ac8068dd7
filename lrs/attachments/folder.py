"""Attachments in a folder. What has been kept never changes, so it needs no lock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

from lrs.attachments.incoming import Spooled, named, room, sync

TENANT = "tenant-"
_READ = 1 << 16


class Folder:
    """A folder of attachments.

    Args:
        folder: made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = room(folder)

    def receive(self, sha2: str) -> Spooled:
        return Spooled(self._folder, sha2, self._keep)

    def size(self, tenant: str, sha2: str) -> int | None:
        try:
            return self._path(tenant, sha2).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, tenant: str, sha2: str) -> Iterator[bytes]:
        with named(), self._path(tenant, sha2).open("rb") as file:
            while piece := file.read(_READ):
                yield piece

    def names(self) -> Iterator[tuple[str, str]]:
        with named():
            for path in sorted(self._folder.glob(f"{TENANT}*/??/*")):
                yield unquote(path.parent.parent.name.removeprefix(TENANT)), path.name

    def _keep(self, tenant: str, sha2: str, file: Path) -> None:
        path = self._path(tenant, sha2)
        if path.exists():
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        sync(file)
        os.replace(file, path)
        for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
            sync(folder)

    def _path(self, tenant: str, sha2: str) -> Path:
        sha2 = sha2.lower()
        return self._folder / f"{TENANT}{quote(tenant, safe='')}" / sha2[:2] / sha2
