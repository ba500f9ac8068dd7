"""A multipart body cut into its parts as it comes (RFC 2046, 5.1), as senders really write it.

More lenient than the RFC: lines may end in LF alone, boundaries may be followed by spaces, and what comes before
the first boundary and after the last is passed over. How the first boundary's line ends decides for the whole body, so
that data which holds the other kind of line end is never cut.
"""

from __future__ import annotations

import re
from contextlib import suppress
from enum import Enum, auto
from typing import Protocol

LONGEST_HEADERS = 16 << 10  # bytes of one part's headers
LONGEST_BOUNDARY = 200  # characters; the RFC allows 70
_PADDING = 200  # spaces and tabs behind a boundary
_REST_OF_LINE = re.compile(rb"(--)?[ \t]{0,%d}(\r?\n)" % _PADDING)
_PERHAPS = re.compile(rb"-?|(--)?[ \t]{0,%d}\r?" % _PADDING)
_HEADERS_END = re.compile(rb"(?:\A|\r?\n)(\r?\n)")


class Malformed(ValueError):
    """The body is not multipart."""


class Sink(Protocol):
    """What the parts go to, one after the other."""

    def begin(self, headers: dict[str, str]) -> None:
        """A part begins; header names are in lower case."""

    def data(self, piece: bytes) -> None:
        """More of the part's data."""

    def end(self) -> None:
        """The part is whole."""


class _At(Enum):
    PREAMBLE = auto()
    HEADERS = auto()
    BEGIN = auto()  # of a part's data: a boundary may follow at once
    DATA = auto()
    EPILOGUE = auto()


class _More(Exception):
    """More bytes are needed to decide."""


class Cutter:
    """Cuts one body. Memory is bounded by the longest headers, whatever comes."""

    def __init__(self, boundary: bytes, sink: Sink) -> None:
        """Begin a multipart body. Raises Malformed where the boundary cannot be one."""
        if not 0 < len(boundary) <= LONGEST_BOUNDARY:
            raise Malformed(f"a boundary has 1 to {LONGEST_BOUNDARY} characters")
        self._mark = b"--" + boundary
        self._delimiter = b"\n" + self._mark  # with the line end of the first boundary's line, once that is known
        self._sink = sink
        self._at = _At.PREAMBLE
        self._rest = bytearray(b"\n")  # so that a boundary at the very start begins a line

    def write(self, piece: bytes) -> None:
        """Take in more of the body. Raises Malformed, and what the sink raises."""
        self._rest += piece
        with suppress(_More):
            while self._at is not _At.EPILOGUE:
                self._step()
            self._rest.clear()

    def finish(self) -> None:
        """The body is whole. Raises Malformed where its last boundary did not come."""
        self.write(b"\r\n")  # the last boundary's line need not end
        if self._at is not _At.EPILOGUE:
            raise Malformed("it ended before its last boundary")

    def _step(self) -> None:
        """One piece of work on what came. Raises _More."""
        if self._at is _At.HEADERS:
            self._headers()
        elif self._at is _At.BEGIN:
            self._begin()
        else:
            self._data()

    def _headers(self) -> None:
        headers_end = _HEADERS_END.search(self._rest, 0, LONGEST_HEADERS)
        if headers_end is None:
            if len(self._rest) >= LONGEST_HEADERS:
                raise Malformed(f"the headers of a part are longer than {LONGEST_HEADERS} bytes")
            raise _More
        headers = _part_headers(self._rest[: headers_end.start()].decode("latin-1"))
        del self._rest[: headers_end.end()]
        self._at = _At.BEGIN
        self._sink.begin(headers)

    def _begin(self) -> None:
        if self._rest.startswith(self._mark):
            if line := self._boundary(len(self._mark)):
                self._cut(line)
                return
        elif self._mark.startswith(self._rest):
            raise _More
        self._at = _At.DATA

    def _data(self) -> None:
        delimiter_at = self._rest.find(self._delimiter)
        if delimiter_at < 0:
            self._emit(len(self._rest) - len(self._delimiter) + 1)
            raise _More
        self._emit(delimiter_at)
        if line := self._boundary(len(self._delimiter)):
            self._cut(line)
        else:
            self._emit(1)

    def _boundary(self, behind: int) -> re.Match[bytes] | None:
        """The end of a boundary's line; None where the boundary is only the start of a longer word. Raises _More."""
        line = _REST_OF_LINE.match(self._rest, behind)
        if line is None and _PERHAPS.fullmatch(self._rest, behind):
            raise _More
        return line

    def _cut(self, line: re.Match[bytes]) -> None:
        """A part ends here, or the preamble does."""
        if self._at is _At.PREAMBLE:
            self._delimiter = line[2] + self._mark
        else:
            self._sink.end()
        self._at = _At.EPILOGUE if line[1] else _At.HEADERS
        del self._rest[: line.end()]

    def _emit(self, until: int) -> None:
        """Pass on the bytes before `until`, except those of the preamble."""
        if until > 0:
            if self._at is _At.DATA:
                self._sink.data(bytes(self._rest[:until]))
            del self._rest[:until]


def _part_headers(text: str) -> dict[str, str]:
    """Headers by name; a line that begins with a space goes on with the one before. Raises Malformed."""
    headers: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line[:1] in (" ", "\t") and name:
            headers[name] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or not name:
            raise Malformed("a part has a header without a name or a colon")
        if name in headers:
            raise Malformed(f"a part has the header {name[:40]} twice")
        headers[name] = value.strip()
    return headers
