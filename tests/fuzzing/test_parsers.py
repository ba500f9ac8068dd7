"""Arbitrary and damaged bytes: a parser accepts them or raises the error that it documents, and no other."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.catalog import CHANGES, Catalog
from schemas.envelope import UnknownVersion, Unreadable
from schemas.observation import Kind, Observation, decode_observations, encode_observations
from schemas.record import Bundle, decode_catalog, decode_dead_letter
from schemas.xapi import Invalid, check, split

BUNDLE = Bundle("t", "c", 1, 2, ["a", "b"], [b'{"id":1}', b"{}"], ["k", "l"]).encode()
RECORDS = (Unreadable, UnknownVersion)
CATALOG = b'{"version":1,"tenant":"t","credential":"c","time":1,"changes":[{"kind":"skill","id":"s"}]}'
LETTER = b'{"version":1,"stage":"s","reason":"r","topic":"t","position":1,"tenant":"t","time":2,"payload":"\\u00ff"}'
CHANGE = (
    b'[{"kind":"policy","advance_at":0.5,"review_after":3.5,"stuck_after":2},{"kind":"class","id":"c","learners":'
    b'[{"learner":"l"}],"skills":["s"]},{"kind":"overrule","learner":"l","skill":"s","reason":"r","by":"b","until":9}]'
)
OBSERVATIONS = encode_observations(
    [Observation("t", "l", 1, "s", 0, Kind.ATTEMPT, "v", "i", ("k",), 1.0, sequence=3)], interpretation=1, catalog=0
)
NOISE = st.binary(max_size=4) | st.sampled_from(
    [
        b'"',
        b"{",
        b"]",
        b"null",
        b"\\u",
        b"\\ud800",
        b"\0",
        b"\xff",
        b"-",
        b"1e999",
        b"9" * 30,
        b"[" * 300,
        b"NaN",
        b"\n",
    ]
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), NOISE), min_size=1, max_size=4)


def noisy(whole: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for where, cut, put in edits:
        at = int(where * len(whole))
        whole = whole[:at] + put + whole[at + cut :]
    return whole


def bundle(value: bytes) -> None:
    found = Bundle.decode(value)
    assert len(found.ids) == len(found.statements)


def changes(value: bytes) -> None:
    catalog = Catalog()
    for position, change in enumerate(CHANGES.validate_json(value)):
        catalog.apply(change, position, 0)
        assert CHANGES.validate_json(b"[" + change.model_dump_json().encode() + b"]") == [change]


def statements(value: bytes) -> None:
    for raw in split(value):
        check(raw, "1.0.3")


PARSERS: dict[str, tuple[Callable[[bytes], object], bytes, type[Exception] | tuple[type[Exception], ...]]] = {
    "bundle": (bundle, BUNDLE, RECORDS),
    "catalog record": (decode_catalog, CATALOG, RECORDS),
    "dead letter": (decode_dead_letter, LETTER, RECORDS),
    "catalog changes": (changes, CHANGE, ValidationError),
    "observations": (decode_observations, OBSERVATIONS, RECORDS),
    "statements": (
        statements,
        b'[{"actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"a:b"},"object":{"id":"c:d"}}]',
        Invalid,
    ),
}


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_right_passes(name: str) -> None:
    parse, good, _ = PARSERS[name]
    parse(good)


@pytest.mark.parametrize("name", PARSERS)
def test_noise_meets_only_the_named_error(name: str) -> None:
    parse, good, named = PARSERS[name]

    @settings(max_examples=500)
    @given(EDITS)
    def tried(edits: list[tuple[float, int, bytes]]) -> None:
        with suppress(*named if isinstance(named, tuple) else [named]):
            parse(noisy(good, edits))

    @settings(max_examples=200)
    @given(st.binary(max_size=100))
    def anything(value: bytes) -> None:
        with suppress(*named if isinstance(named, tuple) else [named]):
            parse(value)

    tried()
    anything()
