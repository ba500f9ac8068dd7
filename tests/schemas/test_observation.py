from __future__ import annotations

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.envelope import UnknownVersion, Unreadable
from schemas.observation import FLOATS, Kind, Observation, decode_observations, encode_observations

finite = st.floats(allow_nan=False, allow_infinity=False)
observations = st.builds(
    Observation,
    st.text(),
    st.text(),
    st.integers(-(2**62), 2**62),
    st.text(),
    st.integers(0, 100),
    st.sampled_from(Kind),
    st.text(),
    item=st.text(),
    skills=st.lists(st.text(), max_size=3).map(tuple),
    outcome=st.none() | finite,
    duration=st.none() | finite,
    session=st.text(),
    partition=st.integers(0, 1000),
    sequence=st.integers(0, 2**62),
    moved=st.booleans(),
)


@given(st.lists(observations, max_size=5), st.integers(0, 100), st.integers(0, 2**40))
def test_a_bundle_comes_back_whole(bundled: list[Observation], interpretation: int, catalog: int) -> None:
    bundle = decode_observations(encode_observations(bundled, interpretation, catalog))
    assert (bundle.observations, bundle.interpretation, bundle.catalog) == (bundled, interpretation, catalog)


def test_fields_are_named_and_defaults_left_out() -> None:
    observation = Observation("t", "l", 1, "s", 0, Kind.ATTEMPT, "v", outcome=1.0, sequence=3)
    assert orjson.loads(encode_observations([observation], 4, 7)) == {
        "version": 1,
        "interpretation": 4,
        "catalog": 7,
        "observations": [
            {
                "tenant": "t",
                "learner": "l",
                "time": 1,
                "statement": "s",
                "ordinal": 0,
                "kind": "attempt",
                "verb": "v",
                "outcome": 1.0,
                "sequence": 3,
                "person": "l",
            }
        ],
    }


@pytest.mark.parametrize("more", [b'"interpretation":1,"catalog":0,"observations":[]', b'"rows":{}'])
def test_a_newer_version_is_refused_by_number(more: bytes) -> None:
    with pytest.raises(UnknownVersion, match="version 2; this release reads version 1"):
        decode_observations(b'{"version":2,' + more + b"}")


@given(st.binary(max_size=200))
def test_noise_is_unreadable_and_nothing_else(value: bytes) -> None:
    with pytest.raises(Unreadable):
        decode_observations(value)


@pytest.mark.parametrize("field", FLOATS)
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_every_number_is_finite(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{field} is not a finite number"):
        Observation("t", "l", 1, "s", 0, Kind.ATTEMPT, "v", **{field: value})  # type: ignore[arg-type]
