"""Pages with attachments, as GET /statements?attachments=true answers them, kept in a file."""

from __future__ import annotations

from pathlib import Path

from lrs.importing.packed_files import open_packed
from schemas.multipart import Cutter, Malformed, Sink

_PAGE_BYTES_READ = 1 << 20
_LONGEST_LINE = 300


def is_page(path: Path) -> bool:
    """Whether a file begins with a boundary. Raises OSError."""
    with open_packed(path) as opened:
        return opened.file.read(2) == b"--"


def cut_page(path: Path, sink: Sink) -> None:
    """Give the parts of a page to a sink. Raises OSError."""
    with open_packed(path) as opened:
        line = opened.file.readline(_LONGEST_LINE)
        try:
            cutter = Cutter(line[2:].strip(), sink)
            cutter.write(line)
            while piece := opened.file.read(_PAGE_BYTES_READ):
                cutter.write(piece)
            cutter.finish()
        except Malformed as error:
            raise OSError(f"{path.name} is not a whole multipart page: {error}") from None


class StatementsPart:
    """Takes a page's first part: its statements."""

    def __init__(self) -> None:
        self._parts = 0
        self._pieces: list[bytes] = []

    @property
    def text(self) -> bytes:
        return b"".join(self._pieces)

    def begin(self, headers: dict[str, str]) -> None:
        self._parts += 1

    def data(self, piece: bytes) -> None:
        if self._parts == 1:
            self._pieces.append(piece)

    def end(self) -> None:
        """Nothing is left to do."""
