from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.xapi import Invalid, body, longer_than, nests_more, split

_JSON = st.recursive(
    st.none() | st.integers(-(2**53), 2**53) | st.text(alphabet='a,[]{}"\\'),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(alphabet=',]"'), inner, max_size=5),
    max_leaves=20,
)


@given(st.lists(_JSON, max_size=8), st.integers(1, 9))
def test_an_array_is_known_to_be_long_before_it_is_split(items: list[Any], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(body, "_FEW", 0)
        assert longer_than(orjson.dumps(items), most) == (len(items) > most)


def test_what_is_not_json_is_left_to_whoever_splits_it() -> None:
    for sent in (b"[" * 200_000, b"]" + b",1" * 200_000, b'"' + b"," * 200_000, b",[" * 200_000):
        assert not longer_than(sent, 10)
    assert not longer_than(b"[" + b"0," * 1000 + b"0]", 10)  # few


def test_statements_keep_their_bytes() -> None:
    assert split(b' {"a" : 1.50}\n') == [b'{"a" : 1.50}']
    assert split(b' [ {"a" : "\xc3\xa4\\u0000"} ,\n{} ] ') == [b'{"a" : "\xc3\xa4\\u0000"}', b"{}"]
    assert split(b"[]") == []


@pytest.mark.parametrize(
    ("body", "field", "reason"),
    [
        (b"", "", "empty"),
        (b" \n", "", "empty"),
        (b'{"a":', "", "not JSON"),
        (b"{} {}", "", "trailing characters"),
        (b'{"a" 1}', "", "byte 5"),
        (b'{"a":NaN}', "", "not JSON"),
        (b'{"a":"\xff"}', "", "not UTF-8 at byte 6"),
        (b'{"a":"\x00"}', "", "NUL byte at byte 6"),
        (b"{}\xef\xbb\xbf", "", "not JSON"),
        (b'"a"', "", "not an object"),
        (b"[{},1]", "1", "not an object"),
        (b"[[{}]]", "0", "not an object"),
        (b'[{},{"a":' + b"[" * 100 + b"]" * 100 + b"}]", "1", "deeper than 100"),
        (b'{"a":' * 2_000_000, "", "deeper|not JSON"),
    ],
)
def test_what_cannot_be_split_says_where(body: bytes, field: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as raised:
        split(body)
    assert raised.value.field == field


@given(st.lists(st.sampled_from([b"a", "\u00e4".encode(), "\U0001f600".encode(), b"\x80", b"\xe4", b"\xf0\x9f"])))
def test_a_body_that_is_decoded_in_pieces_says_where_it_is_not_utf8(pieces: list[bytes]) -> None:
    sent = b'{"":"' + b"".join(pieces) + b'"}'
    wrong: int | None = None
    try:
        sent.decode()
    except UnicodeDecodeError as error:
        wrong = error.start
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(body, "_DECODED", 4)
        if wrong is None:
            assert split(sent) == [sent]
        else:
            with pytest.raises(Invalid, match=f"not UTF-8 at byte {wrong}$"):
                split(sent)


def test_brackets_in_strings_are_not_depth() -> None:
    for text in (b"[" * 200, b'\\"' + b"{" * 200, b"\\\\" + b"[" * 200):
        statement = b'{"a":"' + text + b'"}'
        assert split(statement) == [statement]
    deepest = b'{"a":' + b"[" * 99 + b"]" * 99 + b"}"
    assert split(deepest) == [deepest]


@given(st.lists(st.sampled_from([b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"1", b" ", b"\xff", b"\0", b"a"])))
def test_any_bytes_are_split_or_invalid(parts: list[bytes]) -> None:
    try:
        statements = split(b"".join(parts))
    except Invalid:
        return
    assert all(statement.startswith(b"{") and statement.endswith(b"}") for statement in statements)


def test_objects_and_arrays_are_counted_but_not_brackets_in_texts() -> None:
    assert nests_more(b'{"a":[{},[]]}', 3)
    assert not nests_more(b'{"a":[{},[]]}', 4)
    text = orjson.dumps({"a": '[[{{"\\' * 50, "b": [1]})
    assert not nests_more(text, 2)
    assert nests_more(text, 1)
