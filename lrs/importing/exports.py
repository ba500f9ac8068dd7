"""What other stores export, down to the statements in it, byte for byte where it is not wrapped in a string. Pure.

Known: a statement; an array of them; a StatementResult, as GET /statements answers; a statement below another key:
`statement` (Learning Locker, Veracity), `full_statement` in `fields` (ADL's LRS), `_source` (Ralph from
Elasticsearch or MongoDB), `event` (Ralph from ClickHouse).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import orjson

from schemas.xapi import split

_DEEPEST = 4  # wrappings around a statement
_DOT = b"&46;"  # how Learning Locker writes a dot in a key, as MongoDB takes none
_NONE = msgspec.Raw(b"")


class _Wrapped(msgspec.Struct):
    """The keys that may wrap a statement, in the order in which they are tried."""

    verb: msgspec.Raw = _NONE
    statements: msgspec.Raw = _NONE
    statement: msgspec.Raw = _NONE
    full_statement: msgspec.Raw = _NONE
    source: msgspec.Raw = msgspec.field(default=_NONE, name="_source")
    event: msgspec.Raw = _NONE
    fields: msgspec.Raw = _NONE


_wrapped = msgspec.json.Decoder(_Wrapped)
_string = msgspec.json.Decoder(str)


def statements_in(text: bytes) -> Iterator[bytes]:
    """Every statement in a JSON document. Raises Invalid where it is not one, or holds none."""
    for part in split(text):
        yield from _unwrapped(part, _DEEPEST)


def _unwrapped(part: bytes, deepest: int) -> Iterator[bytes]:
    wrapper = _wrapped.decode(part)
    below = (wrapper.statement, wrapper.full_statement, wrapper.source, wrapper.event, wrapper.fields)
    inner = next((bytes(candidate) for candidate in below if bytes(candidate)), b"")
    result = bytes(wrapper.statements)
    if bytes(wrapper.verb) or not (result or inner) or not deepest:
        yield part  # a statement, or the check says what is wrong with it
        return
    if inner[:1] == b'"':
        inner = _string.decode(inner).encode()
    if _DOT in inner:
        inner = orjson.dumps(_with_dots(orjson.loads(inner)))
    for each in split(result or inner):
        yield from _unwrapped(each, deepest - 1)


def _with_dots(value: object) -> object:
    """A statement of Learning Locker, with the dots in keys as they were."""
    if isinstance(value, dict):
        return {key.replace(_DOT.decode(), "."): _with_dots(member) for key, member in value.items()}
    return [_with_dots(member) for member in value] if isinstance(value, list) else value
