"""Split a request's body into its statements, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from schemas.invalid import Invalid

DEEPEST = 100
BOM = b"\xef\xbb\xbf"  # a byte order mark; RFC 8259, 8.1, lets a reader pass over it
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_JSON_PIECE = re.compile(rb'(?:[^"]++|"(?:[^"\\]|\\.)*+"){1,20000}+', re.DOTALL)
_SAME_BRACKETS = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_NO_STRUCTURE = bytes(byte for byte in range(256) if byte not in b"[]{},")
_OPENS, _CLOSES, _COMMA = frozenset(b"[{"), frozenset(b"]}"), b","[0]
_NOT_SPACE = re.compile(rb"[^ \t\n\r\v\f]")
_DECODED = 1 << 20  # bytes of a body that become text at a time
_FEW = 100_000  # items: what a list of them takes, some ten megabytes, is not worth counting
_statements_decoder = msgspec.json.Decoder(list[msgspec.Raw])
_statement_decoder = msgspec.json.Decoder(msgspec.Raw)


def longer_than(body: bytes, most: int) -> bool:
    """Whether an array holds more items, found without a list of them: two bytes of a body would become a hundred.

    Of fewer than _FEW items it says no: these may be split and counted. Of what is not JSON it says either.
    """
    if body.count(b",") < max(most, _FEW):
        return False
    depth = items = 0
    for piece in _pieces(body):
        for byte in _STRING.sub(b"", piece).translate(None, _NO_STRUCTURE):
            if byte in _OPENS:
                depth += 1
            elif byte in _CLOSES:
                depth -= 1
            elif depth == 1:
                items += 1
                if items >= most:  # commas: there is one item more
                    return True
    return False


def nests_more(statement: bytes, most: int) -> bool:
    """Whether a statement has more objects and arrays."""
    if statement.count(b"{") + statement.count(b"[") <= most:  # also those in strings
        return False
    texts = (_STRING.sub(b"", piece) for piece in _pieces(statement))
    return sum(text.count(b"{") + text.count(b"[") for text in texts) > most


def _pieces(body: bytes) -> Iterator[bytes]:
    """A body in pieces that cut no string: to leave out all strings at once would take ten times the body."""
    at = 0
    while (piece := _JSON_PIECE.match(body, at)) is not None:
        yield piece[0]
        at = piece.end()


def split(body: bytes) -> list[bytes]:
    """The bytes of each statement in a body: one statement, or an array of them. Raises Invalid."""
    body = body.removeprefix(BOM)
    if b"\0" in body:
        raise Invalid("", f"a NUL byte at byte {body.index(0)}")
    if (wrong := _not_utf8(body)) is not None:
        raise Invalid("", f"not UTF-8 at byte {wrong}")
    start = b"" if (found := _NOT_SPACE.search(body)) is None else found[0]
    if not start:
        raise Invalid("", "is empty")
    try:
        parts = _statements_decoder.decode(body) if start == b"[" else [_statement_decoder.decode(body)]
    except msgspec.MsgspecError as error:
        raise Invalid("", f"is not JSON: {error}") from None
    except RecursionError:
        raise Invalid("", f"is nested deeper than {DEEPEST} levels") from None
    raw = [bytes(part).strip() for part in parts]
    for index, statement in enumerate(raw):
        field = str(index) if start == b"[" else ""
        if statement[:1] != b"{":
            raise Invalid(field, "is not an object")
        if too_deep(statement):
            raise Invalid(field, f"is nested deeper than {DEEPEST} levels")
    return raw


def _not_utf8(body: bytes) -> int | None:
    """Where a body is not UTF-8. Decoded in pieces, as the text of a whole one may take four times its bytes."""
    start = 0
    while start < len(body):
        most = start + _DECODED
        # A piece ends before a character's first byte: after three others there is one, or what is here is wrong.
        end = next((at for at in range(most, most - 4, -1) if body[at : at + 1] < b"\x80" or body[at] >= 0xC0), most)
        try:
            body[start:end].decode()
        except UnicodeDecodeError as error:
            return start + error.start
        start = end
    return None


def too_deep(raw: bytes) -> bool:
    """Whether JSON is nested deeper than DEEPEST levels. Of what is not JSON it says either."""
    if raw.count(b"{") + raw.count(b"[") <= DEEPEST:
        return False
    brackets = b"".join(_STRING.sub(b"", piece).translate(_SAME_BRACKETS, _NO_BRACKETS) for piece in _pieces(raw))
    for _ in range(DEEPEST):  # each time the innermost level goes: a loop over brackets would take minutes of some
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return False
    return True
