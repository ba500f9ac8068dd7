"""xAPI statements in files: a document a line (NDJSON), or one document; and pages with attachments (multipart)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec
import orjson

from lrs.importing.attachment_pages import StatementsPart, cut_page, is_page
from lrs.importing.exports import statements_in
from lrs.importing.imported_line import ImportedLine
from lrs.importing.packed_files import OpenedFile, open_packed
from schemas.xapi import Invalid
from schemas.xapi.body import BOM

_URL_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
_raw_decoder = msgspec.json.Decoder(msgspec.Raw)


class _ImportedFields(msgspec.Struct):
    id: msgspec.Raw = msgspec.Raw(b"")
    version: msgspec.Raw = msgspec.Raw(b"")


_imported_decoder = msgspec.json.Decoder(_ImportedFields)


def read_xapi(path: Path) -> Iterator[ImportedLine | Invalid]:
    """Every statement of a file; what is no JSON comes as Invalid. A statement without an id gets one of its bytes.

    Raises OSError.
    """
    size = path.stat().st_size
    if is_page(path):
        first_part = StatementsPart()
        cut_page(path, first_part)
        yield from _lines(first_part.text, path.name, size)
        return
    with open_packed(path) as opened:
        first = b""
        while not first.strip() and (line := opened.file.readline()):
            first = line.removeprefix(BOM)
        if not first.strip():
            return
        elif _is_whole(first):
            yield from _lines_of_documents(first, opened, path.name)
        else:  # a document over several lines, or lines the first of which is wrong
            rest = opened.file.read()
            if _is_whole(first + rest):
                yield from _lines(first + rest, path.name, size)
            else:
                for number, line in enumerate((first + rest).splitlines(), 1):
                    if line.strip():
                        yield from _lines(line, f"{path.name}:{number}", size)


def _lines_of_documents(first: bytes, opened: OpenedFile, name: str) -> Iterator[ImportedLine | Invalid]:
    line, number = first, 1
    while line:
        if line.strip():
            yield from _lines(line, f"{name}:{number}", opened.through)
        line, number = opened.file.readline(), number + 1


def _lines(text: bytes, where: str, through: int) -> Iterator[ImportedLine | Invalid]:
    several = text.lstrip()[:1] == b"["
    try:
        for index, raw in enumerate(statements_in(text)):
            at = f"{where}[{index}]" if index or several else where
            yield ImportedLine(at, with_id(raw), through, _statement_version(raw))
    except (Invalid, msgspec.MsgspecError, orjson.JSONDecodeError) as error:
        yield Invalid(where, str(error))


def _is_whole(text: bytes) -> bool:
    try:
        _raw_decoder.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _statement_version(raw: bytes) -> str:
    """The version that a statement says it is of."""
    try:
        version_said = _imported_decoder.decode(raw).version
    except msgspec.MsgspecError:
        return "1.0.3"
    return "2.0.0" if bytes(version_said).startswith(b'"2') else "1.0.3"


def with_id(raw: bytes) -> bytes:
    """The statement with an id that its bytes decide, where it has none: a second import repeats the first."""
    try:
        if bytes(_imported_decoder.decode(raw).id):
            return raw
    except msgspec.MsgspecError:
        return raw  # the check will say what is wrong
    statement_id = uuid.uuid5(_URL_NAMESPACE, raw.decode("utf-8", "replace"))
    inner = raw.strip()[:-1].rstrip()
    return inner + (b"" if inner == b"{" else b",") + f'"id":"{statement_id}"}}'.encode()
