"""Files, plain or compressed with gzip or zstd, recognised by their first bytes, not their names."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import zstandard

_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BUFFER = 1 << 20
_PACKED_BYTES_READ = 16 << 10


class _Zstd(io.RawIOBase):
    """Unpacks zstd frames, and knows when the last is not whole."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._unpack = zstandard.ZstdDecompressor().decompressobj()
        self._begun = False
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises EOFError."""
        while not self._ready:
            packed = self._raw.read(_PACKED_BYTES_READ)
            if not packed and self._begun and not self._unpack.eof:
                raise EOFError("the last frame is not whole")
            if not packed:
                return 0
            pieces = []
            while packed:  # one frame may follow another
                if self._unpack.eof:
                    self._unpack = zstandard.ZstdDecompressor().decompressobj()
                self._begun = True
                pieces.append(self._unpack.decompress(packed))
                packed = self._unpack.unused_data if self._unpack.eof else b""
            self._ready = b"".join(pieces)
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


class OpenedFile:
    """A file being read: its unpacked bytes, and how much of the file itself is read."""

    def __init__(self, raw: IO[bytes], unpacked: io.BufferedIOBase) -> None:
        self._raw = raw
        self.file = unpacked

    @property
    def through(self) -> int:
        return self._raw.tell()


@contextmanager
def open_packed(path: Path) -> Iterator[OpenedFile]:
    """Open a file. Raises OSError where it cannot be read, or the packed data is damaged or cut off."""
    with path.open("rb") as raw:
        start = raw.read(4)
        raw.seek(0)
        try:
            if start.startswith(_GZIP):
                with gzip.GzipFile(fileobj=raw) as unpacked:
                    yield OpenedFile(raw, unpacked)
            elif start == _ZSTD:
                with io.BufferedReader(_Zstd(raw), _BUFFER) as buffered:
                    yield OpenedFile(raw, buffered)
            else:
                yield OpenedFile(raw, raw)
        except (EOFError, zlib.error, zstandard.ZstdError) as error:
            raise OSError(f"{path.name} is damaged or was cut off: {error}") from error
