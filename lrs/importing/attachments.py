"""The data of attachments beside an export: in a folder by their SHA-2 sums, or in the export's own multipart pages."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

import orjson

from lrs.attachments import Attachments, Incoming
from lrs.attachments.incoming import SUMS
from lrs.importing.attachment_pages import cut_page, is_page
from lrs.importing.imported_line import ImportedLine

_FILE_BYTES_READ = 1 << 20


class AttachmentFiles:
    """Finds the data that statements need, in files by sum."""

    def __init__(self, attachments: Attachments, folder: Path | None = None) -> None:
        self._attachments = attachments
        self._files: dict[str, Path] = {}
        self._pages = tempfile.TemporaryDirectory(prefix="lrs-import-")
        for path in sorted(folder.rglob("*")) if folder else ():
            if path.is_file():
                self._files[path.name.split(".")[0].lower()] = path

    def take(self, path: Path) -> None:
        """Take in the data in a file that is a page with attachments. Raises OSError."""
        if is_page(path):
            cut_page(path, _PartWriter(Path(self._pages.name), self._files))

    def of(self, lines: Iterable[ImportedLine]) -> dict[str, Incoming]:
        """The data of the attachments that statements have, as far as it is there, by sum. Raises OSError."""
        sums_needed = {sha2 for line in lines if b'"sha2"' in line.raw for sha2 in _sha2_of_statement(line.raw)}
        received = {sha2: self._received(sha2) for sha2 in sums_needed & self._files.keys()}
        return {sha2: incoming for sha2, incoming in received.items() if incoming is not None}

    def _received(self, sha2: str) -> Incoming | None:
        incoming = self._attachments.receive(sha2)
        with self._files[sha2].open("rb") as file:
            while piece := file.read(_FILE_BYTES_READ):
                incoming.write(piece)
        if incoming.whole():
            return incoming
        incoming.discard()
        return None

    def close(self) -> None:
        """Throw away what was taken in."""
        self._pages.cleanup()


class _PartWriter:
    """Writes a page's other parts, which name their sums, into files."""

    def __init__(self, folder: Path, files: dict[str, Path]) -> None:
        self._folder = folder
        self._files = files
        self._data: IO[bytes] | None = None

    def begin(self, headers: dict[str, str]) -> None:
        sha2 = headers.get("x-experience-api-hash", "").lower()
        if len(sha2) in SUMS and sha2.isalnum():
            self._files[sha2] = self._folder / sha2
            self._data = self._files[sha2].open("wb")

    def data(self, piece: bytes) -> None:
        if self._data is not None:
            self._data.write(piece)

    def end(self) -> None:
        if self._data is not None:
            self._data.close()
            self._data = None


def _sha2_of_statement(raw: bytes) -> Iterator[str]:
    """The sums of a statement's attachments, and its SubStatement's."""
    try:
        statement = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return
    for part in (statement, statement.get("object")):
        listed = part.get("attachments") if isinstance(part, dict) else None
        for attachment in listed if isinstance(listed, list) else ():
            if isinstance(attachment, dict) and isinstance(attachment.get("sha2"), str):
                yield attachment["sha2"].lower()
