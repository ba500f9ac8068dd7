"""Multipart bodies cut into parts, as they come in pieces of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.multipart import LONGEST_HEADERS, Cutter, Malformed

BOUNDARY = b"bnd"


class Seen:
    """What a cutter found."""

    def __init__(self) -> None:
        self.parts: list[tuple[dict[str, str], bytes]] = []
        self.whole = 0

    def begin(self, headers: dict[str, str]) -> None:
        self.parts.append((headers, b""))

    def data(self, piece: bytes) -> None:
        headers, before = self.parts[-1]
        self.parts[-1] = (headers, before + piece)

    def end(self) -> None:
        self.whole += 1


def cut(body: bytes, size: int = 1 << 16) -> list[tuple[dict[str, str], bytes]]:
    parts_seen = Seen()
    cutter = Cutter(BOUNDARY, parts_seen)
    for start in range(0, len(body), size):
        cutter.write(body[start : start + size])
    cutter.finish()
    assert parts_seen.whole == len(parts_seen.parts)
    return parts_seen.parts


# Bytes that look like boundaries and line ends are what goes wrong.
_pieces = st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"--bn", b"--bndx", b"--bnd", b" ", b"a", b"\0"])
data = st.lists(_pieces, max_size=12).map(b"".join)


@given(
    st.lists(data, max_size=4), st.sampled_from([b"\r\n", b"\n"]), st.integers(1, 40), st.sampled_from([b"", b" \t"])
)
def test_what_was_written_is_read(parts: list[bytes], end: bytes, size: int, padding: bytes) -> None:
    """Whatever the line end, the padding and the pieces: data that holds no boundary comes out as it went in."""
    if any((end + part + end).count(end + b"--bnd") for part in parts):
        parts = [part.replace(b"--bnd", b"--bn") for part in parts]
    body = b"preamble" + end
    for n, part in enumerate(parts):
        body += b"--bnd" + padding + end + b"X-N: %d" % n + end + end + part + end
    body += b"--bnd--" + padding + end + b"epilogue --bnd" + end
    expected = [({"x-n": str(n)}, part) for n, part in enumerate(parts)]
    assert cut(body, size) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"--bnd\r\nA: b\r\n\r\nx\r\n--bnd--", [({"a": "b"}, b"x")]),
        (b"\r\n--bnd\r\n\r\nx\r\n--bnd--\r\n", [({}, b"x")]),
        (b"--bnd\r\nA: b\r\n\r\n--bnd--\r\n", [({"a": "b"}, b"")]),
        (b"--bnd\nA: b\n\nx\r\n--bnd--\n", [({"a": "b"}, b"x\r")]),  # the first line ends in LF: CR is data
        (b"--bnd\r\nA: b\r\n\r\nx\n--bnd--\r\ny\r\n--bnd--", [({"a": "b"}, b"x\n--bnd--\r\ny")]),
        (b"--bnd\r\nA: b\r\n c\r\n\r\nx\r\n--bnd--", [({"a": "b c"}, b"x")]),
        (b"--bnd\r\n\r\nx\r\n--bndx\r\n--bnd--", [({}, b"x\r\n--bndx")]),
        (b"text --bnd\r\n--bnd--", []),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_edges(body: bytes, expected: list[tuple[dict[str, str], bytes]], size: int) -> None:
    assert cut(body, size) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no boundary",
        b"--bnd\r\nA: b\r\n\r\nx",
        b"--bnd\r\nA: b\r\n\r\nx\r\n--bnd\r\n",
        b"--bnd\r\nno colon\r\n\r\nx\r\n--bnd--",
        b"--bnd\r\n: no name\r\n\r\nx\r\n--bnd--",
        b"--bnd\r\nA: b\r\na: b\r\n\r\nx\r\n--bnd--",
        b"--bnd\r\nA: " + b"b" * LONGEST_HEADERS + b"\r\n\r\nx\r\n--bnd--",
    ],
)
@pytest.mark.parametrize("size", [3, 1 << 20])
def test_what_is_malformed(body: bytes, size: int) -> None:
    with pytest.raises(Malformed):
        cut(body, size)


def test_boundaries_have_a_length() -> None:
    for boundary in (b"", b"x" * 201):
        with pytest.raises(Malformed):
            Cutter(boundary, Seen())


def test_a_long_part_is_given_on_as_it_comes() -> None:
    parts_seen = Seen()
    cutter = Cutter(BOUNDARY, parts_seen)
    cutter.write(b"--bnd\r\n\r\n")
    for _ in range(100):
        cutter.write(b"x" * 1000)
    assert len(parts_seen.parts[0][1]) > 99_900
