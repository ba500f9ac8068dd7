"""One statement out of a file, with where it was."""

from __future__ import annotations

from typing import NamedTuple


class ImportedLine(NamedTuple):
    """where is for people ("file.ndjson:17"); through is how many bytes of the file are read with it; version is the
    xAPI version to check it by."""

    where: str
    raw: bytes
    through: int
    version: str = "1.0.3"
