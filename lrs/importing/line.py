"""One statement out of a file, with the place it stood."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """place is for people ("file.ndjson:17"); through is how many bytes of the file are read with it."""

    place: str
    raw: bytes
    through: int
