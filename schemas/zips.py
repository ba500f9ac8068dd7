"""Zip files from anybody, opened without taking more memory than what is read of them.

zipfile reads the whole list of files, and unpacks what is not deflated in pieces of any size.
"""

from __future__ import annotations

import lzma
import os
import struct
import zipfile
import zlib
from typing import IO

_END = struct.Struct("<4s4H2LH")  # the record at the end of a zip file
_END_MARK = b"PK\x05\x06"
_LOCATOR, _LOCATOR_MARK = 20, b"PK\x06\x07"  # in front of it, of a list in the format of larger packages (zip64)
_LONGEST_COMMENT = (1 << 16) - 1  # bytes, behind it
# What zipfile lets through of a package that is damaged, encrypted or compressed in a way it does not know.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    RuntimeError,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
)


def lists_more(file: IO[bytes], most_files: int, most_bytes: int) -> bool:
    """Whether a zip file lists more files, or in more bytes, than it may (APPNOTE 4.3.16). zipfile judges the rest."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    file.seek(0)
    # Where zipfile looks for it: at the very end, else in front of a comment.
    start = len(tail) - _END.size
    if not tail.startswith(_END_MARK, start):
        start = tail.rfind(_END_MARK)
    if start < 0 or len(tail) - start < _END.size:
        return False
    _, _, _, _, files, length, _, _ = _END.unpack_from(tail, start)
    larger = tail[max(0, start - _LOCATOR) : start].startswith(_LOCATOR_MARK)
    return larger or files > most_files or length > most_bytes


def open_entry(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> IO[bytes]:
    """A file of a package, for reading piece by piece. Raises what is in BROKEN."""
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise NotImplementedError("it is compressed in another way than by deflate")
    return package.open(entry)
