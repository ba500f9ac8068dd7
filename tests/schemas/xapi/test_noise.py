"""Bytes that are no statement, or hardly one: they pass or are Invalid, and nothing else happens."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.xapi import Invalid, check, split
from tests.schemas.xapi.samples import ACTIVITY, ANN, FULL, about, raw, with_


def test_a_key_may_stand_only_once_in_an_object() -> None:
    good = raw(about(ACTIVITY, result={"extensions": {"urn:a": {"a": '"'}, "urn:b": {"a": '"'}}}))
    check(good, "1.0.3")
    check(good.replace(rb"\"", rb"\u0022"), "1.0.3")
    many = {f'{n}"': n for n in range(20_000)}
    check(raw(about(ACTIVITY, result={"extensions": {"urn:a": many}})).replace(rb"\"", rb"\u0022"), "1.0.3")
    for twice in (
        good[:-1] + b',"actor":' + raw(ANN) + b"}",
        good.replace(b'{"a": "\\""}', b'{"a":1, "\\u0061":2}', 1),
        good.replace(b'{"a": "\\""}', b'{"\\u0022":1,"\\u0022":2}', 1),
    ):
        with pytest.raises(Invalid, match="twice in one object"):
            check(twice, "1.0.3")


@pytest.mark.parametrize(
    "value",
    [
        b"NaN",
        b"-Infinity",
        b"01",
        b"1e400",
        b"9" * 5000,
        b'"\\ud800"',
        b'"\xff"',
        b'"\x00"',
        b'"\n"',
        b"[" * 98 + b"]" * 98,
        b"[" * 1_000_000,
        b'{"a":' * 1_000_000,
    ],
    ids=lambda value: value[:12].decode(errors="replace"),
)
def test_what_is_not_json_or_too_much_is_invalid(value: bytes) -> None:
    statement = raw(about(ACTIVITY, result={"extensions": {"urn:a": "HERE"}}))
    with pytest.raises(Invalid) as raised:
        check(statement.replace(b'"HERE"', value), "1.0.3")
    assert raised.value.field == ""


def test_large_numbers_and_deep_extensions_pass() -> None:
    statement = raw(about(ACTIVITY, result={"extensions": {"urn:a": "HERE"}}))
    for value in (b"1" * 300, b"-1e-400", b"18446744073709551616", b"[" * 97 + b"]" * 97, b'"\\u0000\\ud83d\\ude00"'):
        check(statement.replace(b'"HERE"', value), "1.0.3")


def test_errors_keep_keys_short_and_values_out() -> None:
    with pytest.raises(Invalid) as raised:
        check(raw({**FULL, "k" * 100_000: 1}), "1.0.3")
    assert len(str(raised.value)) < 400
    with pytest.raises(Invalid) as raised:
        check(raw(with_("actor", {"mbox": "secret@example.org"})), "1.0.3")
    assert "secret" not in str(raised.value)


EDITS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 12),
        st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"]", b"null", b"\\u"]),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=1500, deadline=None)
@given(EDITS, st.sampled_from(["1.0.3", "2.0.0"]))
def test_noise_passes_or_is_invalid(edits: list[tuple[float, int, bytes]], version: str) -> None:
    noisy = raw(FULL)
    for where, cut, put in edits:
        at = int(where * len(noisy))
        noisy = noisy[:at] + put + noisy[at + cut :]
    with suppress(Invalid):
        split(noisy)
    with suppress(Invalid):
        checked = check(noisy, version)
        assert checked.id is None or len(checked.id) == 36


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL, "objectType", "a"]), inner),
    max_leaves=6,
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([*FULL, "context/team", "object/definition", "context/contextActivities"]), json_values)
def test_any_json_in_place_of_a_part_passes_or_is_invalid(path: str, value: Any) -> None:
    with suppress(Invalid):
        check(raw(with_(path, value)), "1.0.3")
