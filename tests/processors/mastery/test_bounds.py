"""Weights are read within their bounds, or not at all, and the field is named."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from processors.mastery.bounds import BOUNDS, LENGTHS, OutOfBounds, check_weights, read_weights
from processors.mastery.weights import Weights, default_weights

PLACES = {"attempts": 1, "history": 2, "slopes": 3, "retry": 1}  # of terms, which are arrays in JSON
BAND_PLACES = {"scale": 1, "kappa": 2}


def whole() -> dict[str, Any]:
    """Weights with one of everything, as JSON."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(default_weights()))
    for head in ("mastery", "next_item"):
        found[head]["skills"] = {"s": list(found[head]["any_skill"])}
    found["item"]["items"] = {"i": list(found["item"]["any_item"])}
    return found | {"skill_rates": {"s": 0.0}, "item_rates": {"i": 1.0}}


def one_of(field: str) -> list[str]:
    """The way to one field of a row of the tables."""
    named = field.replace("skills.*", "skills.s").replace("items.*", "items.i").replace("bands.*", "bands.3")
    return named.replace("skill_rates.*", "skill_rates.s").replace("item_rates.*", "item_rates.i").split(".")


def holder(weights: Any, way: list[str]) -> tuple[Any, Any]:
    """What a field is in, and its key or place there."""
    at, places = weights, PLACES | (BAND_PLACES if way[0] == "bands" else {})
    keys = []
    for name in way:
        key: Any = (int(name) if name.isdigit() else places[name]) if isinstance(at, list) else name
        keys.append((at, key))
        at = at[key]
    return keys[-1]


def refused(weights: Any) -> str:
    with pytest.raises(OutOfBounds) as found:
        read_weights(msgspec.json.encode(weights))
    return str(found.value)


def test_what_pacer_comes_with_is_within_bounds() -> None:
    check_weights(default_weights())
    assert read_weights(msgspec.json.encode(whole())) == msgspec.convert(whole(), Weights)


@pytest.mark.parametrize("field", BOUNDS)
def test_a_number_out_of_its_bounds_is_refused_by_name(field: str) -> None:
    bound, way = BOUNDS[field], one_of(field)
    wrong = [bound.least - 0.1, bound.most + 0.1, bound.above, bound.below]
    for value in (one for one in wrong if abs(one) < 1e9):
        weights = whole()
        at, key = holder(weights, way)
        at[key] = value
        assert refused(weights) == f"{'.'.join(way)} is {value:g}, and must be {bound}"


def test_a_half_life_of_none_is_refused_in_words() -> None:
    weights = whole()
    weights["forgetting"]["half_life"] = 0
    assert refused(weights) == "forgetting.half_life is 0, and must be above 0"


@pytest.mark.parametrize("field", LENGTHS)
def test_a_list_is_as_long_as_it_is_read(field: str) -> None:
    weights, way = whole(), one_of(field)
    at, key = holder(weights, way)
    at[key] = at[key][:-1]
    length = LENGTHS[field]
    assert refused(weights) == f"{'.'.join(way)} has {length - 1} values, and must have {length}"


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused(number: float) -> None:
    weights = msgspec.convert(whole(), Weights)
    weights.mastery.core[7] = number  # JSON has no such number: a fit that went wrong may
    with pytest.raises(OutOfBounds, match=r"^mastery\.core\.7 is .*, and must be a finite number$"):
        check_weights(weights)


@pytest.mark.parametrize("bad", [b"{", b"{}", msgspec.json.encode(whole() | {"rate": "half"})])
def test_what_is_no_json_of_weights_is_refused(bad: bytes) -> None:
    with pytest.raises(OutOfBounds):
        read_weights(bad)
