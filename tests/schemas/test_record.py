from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.record import (
    FORMAT,
    Bundle,
    CatalogRecord,
    DeadLetter,
    UnknownFormat,
    decode_catalog,
    decode_dead_letter,
    encode,
    sequence,
)


@given(st.text(), st.text(), st.lists(st.binary(), max_size=5), st.integers(0, 2**53))
def test_a_bundle_comes_back_byte_for_byte(
    tenant: str, credential: str, statements: list[bytes], received: int
) -> None:
    ids = [str(n) for n in range(len(statements))]
    bundle = Bundle(tenant, credential, received, 7, ids, statements, ["a key"] * len(statements))
    assert Bundle.decode(bundle.encode()) == bundle


@given(st.binary(max_size=200))
def test_noise_is_an_unknown_format_and_nothing_else(value: bytes) -> None:
    for decode in (Bundle.decode, decode_catalog, decode_dead_letter):
        with pytest.raises(UnknownFormat):
            decode(value)


def test_a_bundle_that_lost_its_tail_is_refused() -> None:
    whole = Bundle("t", "c", 1, 0, ["a"], [b'{"a":1}']).encode()
    with pytest.raises(UnknownFormat, match="lengths"):
        Bundle.decode(whole[:-1])


def test_a_newer_format_is_refused_by_number() -> None:
    whole = Bundle("t", "c", 1, 0, ["a"], [b"{}"]).encode().replace(b'"format":1', b'"format":2')
    with pytest.raises(UnknownFormat, match=f"format 2; this version reads format {FORMAT}"):
        Bundle.decode(whole)
    newer = encode(CatalogRecord(2, "t", "c", 1, msgspec.Raw(b"{}")))
    with pytest.raises(UnknownFormat, match="format 2"):
        decode_catalog(newer)


def test_a_dead_letter_keeps_reason_place_and_bytes() -> None:
    letter = DeadLetter(FORMAT, "admit", "why", "statements", 3, "t", 4, "payload")
    assert decode_dead_letter(encode(letter)) == letter


@given(
    st.tuples(st.integers(0, 2**40), st.integers(0, 2**16 - 1)),
    st.tuples(st.integers(0, 2**40), st.integers(0, 2**16 - 1)),
)
def test_sequence_orders_as_position_and_index_do(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (sequence(*one) < sequence(*other)) == (one < other)
