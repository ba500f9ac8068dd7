"""What weights can be: every number finite, those with a meaning within bounds, every list as long as it is read."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf, isfinite
from typing import Any, NamedTuple

import msgspec

from processors.mastery.weights import BUCKETS, CONTEXTS, CORE, HISTORIES, ITEM, RETRIES, SLOPES, Weights

_weights_decoder = msgspec.json.Decoder(Weights)


class Bound(NamedTuple):
    """What a number can be; `above` and `below` are no values of it."""

    least: float = -inf
    most: float = inf
    above: float = -inf
    below: float = inf

    def holds(self, value: float) -> bool:
        return self.least <= value <= self.most and self.above < value < self.below

    def __str__(self) -> str:
        limits = [
            f"at least {self.least:g}" if self.least > -inf else "",
            f"above {self.above:g}" if self.above > -inf else "",
            f"at most {self.most:g}" if self.most < inf else "",
            f"below {self.below:g}" if self.below < inf else "",
        ]
        return " and ".join(filter(None, limits)) or "a finite number"


ANY = Bound()
SHARE = Bound(least=0.0, most=1.0)
POSITIVE = Bound(above=0.0)
# By field, `*` for each of a list or a map; every other number is finite.
BOUNDS: dict[str, Bound] = {
    "rate": Bound(above=0.0, below=1.0),  # has a logit
    "skill_rates.*": SHARE,
    "item_rates.*": SHARE,
    "mastery.scale": POSITIVE,  # else a right answer would lower what is shown, or change nothing
    "next_item.scale": POSITIVE,
    "bands.*.scale": POSITIVE,
    "bands.*.kappa": POSITIVE,  # a number of answers
    "forgetting.drop": Bound(least=0.0),  # time takes off, and gives nothing
    "forgetting.half_life": POSITIVE,  # is divided by
    "forgetting.spacing": Bound(least=0.0),  # practice on more days loses less
}
LENGTHS: dict[str, int] = {
    "mastery.core": CORE,
    "mastery.context": CONTEXTS,
    "next_item.core": CORE,
    "next_item.context": CONTEXTS,
    "item.item": ITEM,
    "item.any_item.retry": RETRIES,
    "item.items.*.retry": RETRIES,
    "bands": BUCKETS,
} | {
    f"{head}.{skill}.{name}": length
    for head in ("mastery", "next_item")
    for skill in ("any_skill", "skills.*")
    for name, length in (("attempts", BUCKETS), ("history", HISTORIES), ("slopes", SLOPES))
}


class OutOfBounds(ValueError):
    """A field of weights is not what it can be."""


def read_weights(raw: bytes) -> Weights:
    """Weights from JSON. Raises OutOfBounds, which names the field."""
    try:
        weights = _weights_decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise OutOfBounds(str(error)) from None
    check_weights(weights)
    return weights


def check_weights(weights: Weights) -> None:
    """Raises OutOfBounds for the first field that is not what it can be."""
    for problem in _problems(weights, "", ""):
        raise OutOfBounds(problem)


def _problems(value: Any, name: str, kind: str) -> Iterator[str]:
    """`kind` is the name with `*` for what it is one of."""
    if isinstance(value, float | int):
        bound = BOUNDS.get(kind, ANY)
        if not (isfinite(value) and bound.holds(value)):
            yield f"{name} is {value:g}, and must be {bound}"
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from _problems(getattr(value, field), _joined(name, field), _joined(kind, field))
    elif isinstance(value, dict | list):
        length = LENGTHS.get(kind)
        if length is not None and len(value) != length:
            yield f"{name} has {len(value)} values, and must have {length}"
        kind_of_each = f"{kind}.*"
        if kind_of_each not in BOUNDS and isinstance(value, list) and all(isinstance(each, float) for each in value):
            value = [] if all(map(isfinite, value)) else value  # most of it, by far
        for at, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _problems(each, f"{name}.{at}", kind_of_each)


def _joined(name: str, field: str) -> str:
    return f"{name}.{field}" if name else field
