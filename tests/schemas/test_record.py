from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import ENVELOPE_VERSION, UnknownVersion, Unreadable, encode
from schemas.record import (
    Bundle,
    CatalogRecord,
    DeadLetter,
    ImportedFrom,
    StoredFirst,
    decode_catalog,
    decode_dead_letter,
    sequence,
)


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    statements = draw(st.lists(st.binary(), max_size=5))

    def of(each: st.SearchStrategy[Any]) -> Any:
        return draw(st.none() | st.lists(st.none() | each, min_size=len(statements), max_size=len(statements)))

    return Bundle(
        draw(st.text()),
        draw(st.text()),
        draw(st.integers(0, 2**53)),
        draw(st.integers(0, 2**40)),
        [str(n) for n in range(len(statements))],
        statements,
        of(st.text()),
        draw(st.booleans()),
        of(st.builds(StoredFirst, st.integers(0, 99), st.integers(0, 2**53), st.integers(0, 2**53))),
        of(st.builds(ImportedFrom, st.text(), st.text())),
    )


@given(bundles())
def test_a_bundle_comes_back_byte_for_byte(bundle: Bundle) -> None:
    assert Bundle.decode(bundle.encode()) == bundle


@given(bundles(), st.data())
def test_a_part_keeps_all_that_is_known_of_its_statements(bundle: Bundle, data: st.DataObject) -> None:
    indexes = data.draw(st.lists(st.sampled_from(range(len(bundle.ids))), unique=True) if bundle.ids else st.just([]))
    part = Bundle.decode(bundle.part(indexes).encode())
    for name in ("ids", "statements", "seals", "origins", "imported"):
        whole = getattr(bundle, name)
        assert getattr(part, name) == (whole and [whole[index] for index in indexes])
    for name in ("tenant", "credential", "time", "catalog", "defines"):
        assert getattr(part, name) == getattr(bundle, name)


@given(st.binary(max_size=200))
def test_noise_is_unreadable_and_nothing_else(value: bytes) -> None:
    for decode in (Bundle.decode, decode_catalog, decode_dead_letter):
        with pytest.raises(Unreadable):
            decode(value)


def test_a_bundle_that_lost_its_tail_is_refused() -> None:
    whole = Bundle("t", "c", 1, 0, ["a"], [b'{"a":1}']).encode()
    with pytest.raises(Unreadable, match="lengths"):
        Bundle.decode(whole[:-1])


def test_a_newer_version_is_refused_by_number() -> None:
    whole = Bundle("t", "c", 1, 0, ["a"], [b"{}"]).encode().replace(b'"version":1', b'"version":2')
    with pytest.raises(UnknownVersion, match=f"version 2; this release reads version {ENVELOPE_VERSION}"):
        Bundle.decode(whole)
    with pytest.raises(UnknownVersion, match="version 2"):
        decode_catalog(encode(CatalogRecord(2, "t", "c", 1, [msgspec.Raw(b"{}")])))
    with pytest.raises(UnknownVersion, match="version 3"):
        decode_dead_letter(b'{"version":3,"why":"nobody here knows"}')


def test_a_dead_letter_keeps_reason_place_and_bytes() -> None:
    letter = DeadLetter(ENVELOPE_VERSION, "admit", "why", "statements", 3, "t", 4, "payload")
    assert decode_dead_letter(encode(letter)) == letter


@given(
    st.tuples(st.integers(0, 2**40), st.integers(0, 2**16 - 1)),
    st.tuples(st.integers(0, 2**40), st.integers(0, 2**16 - 1)),
)
def test_sequence_orders_as_position_and_index_do(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (sequence(*one) < sequence(*other)) == (one < other)
