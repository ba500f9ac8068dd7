"""The grammar of results (xAPI 1.0.3, part 2, 2.4.5)."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import AfterValidator, Field
from typing_extensions import TypedDict

from schemas.invalid import Invalid
from schemas.xapi.values import Duration, Extensions, Number


class _Score(TypedDict):
    scaled: NotRequired[Annotated[Number, Field(ge=-1, le=1)]]
    raw: NotRequired[Number]
    min: NotRequired[Number]
    max: NotRequired[Number]


def _in_range(score: dict[str, Any]) -> dict[str, Any]:
    raw, low, high = score.get("raw"), score.get("min"), score.get("max")
    if low is not None and high is not None and low >= high:
        raise Invalid("max", "must be greater than min")
    if raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        raise Invalid("raw", "must be between min and max")
    return score


class Result(TypedDict):
    score: NotRequired[Annotated[_Score, AfterValidator(_in_range)]]
    success: NotRequired[bool]
    completion: NotRequired[bool]
    response: NotRequired[str]
    duration: NotRequired[Duration]
    extensions: NotRequired[Extensions]
