"""The change of a catalog that has the past read again."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Reinterpret(BaseModel):
    """What was accepted before is read with the catalog as it is here, not as it was then.

    `interpretation` is the version of the meaning that was current; whoever appends the change says it.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["reinterpret"] = "reinterpret"
    interpretation: int = Field(default=0, ge=0)
    by: str = Field(default="", max_length=200)
