"""xAPI statements in files: one or more a line (NDJSON), or one JSON array."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import msgspec

from lrs.importing.line import Line
from schemas.xapi import Invalid, split

_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


class _Id(msgspec.Struct):
    id: msgspec.Raw | None = None


_id = msgspec.json.Decoder(_Id)


def read(path: Path) -> Iterator[Line | Invalid]:
    """Every statement of a file; what is no JSON comes as Invalid. A statement without an id gets one of its bytes.

    Raises OSError.
    """
    with path.open("rb") as file:
        if file.read(64).lstrip().startswith(b"["):
            yield from _array(path)
            return
        file.seek(0)
        through = 0
        for number, line in enumerate(file, 1):
            through += len(line)
            if line.strip():
                yield from _parts(line, f"{path.name}:{number}", through)


def _array(path: Path) -> Iterator[Line | Invalid]:
    whole = path.read_bytes()
    try:
        parts = split(whole)
    except Invalid:  # perhaps an array a line
        through = 0
        for number, line in enumerate(whole.splitlines(keepends=True), 1):
            through += len(line)
            if line.strip():
                yield from _parts(line, f"{path.name}:{number}", through)
        return
    for index, raw in enumerate(parts):
        yield Line(f"{path.name}[{index}]", with_id(raw), len(whole) * (index + 1) // len(parts))


def _parts(text: bytes, place: str, through: int) -> Iterator[Line | Invalid]:
    try:
        parts = split(text)
    except Invalid as error:
        yield Invalid(place, str(error))
        return
    for raw in parts:
        yield Line(place, with_id(raw), through)


def with_id(raw: bytes) -> bytes:
    """The statement with an id that its bytes decide, where it has none: a second import repeats the first."""
    try:
        if _id.decode(raw).id is not None:
            return raw
    except msgspec.MsgspecError:
        return raw  # the check will say what is wrong
    made = uuid.uuid5(_NAMESPACE, raw.decode("utf-8", "replace"))
    inner = raw.strip()[:-1].rstrip()
    return inner + (b"" if inner == b"{" else b",") + f'"id":"{made}"}}'.encode()
