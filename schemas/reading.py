"""Changes of a catalog about how statements are read: by which rules, and the past again."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.days import Zone


class ReadingRules(BaseModel):
    """How a tenant's statements are read.

    zone is that of the days of whoever is in no school. provisional: where nobody says what an item teaches, the unit
    it is a part of is a provisional skill.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["reading"] = "reading"
    zone: Zone = ""
    provisional: bool = True


class Reinterpret(BaseModel):
    """What was accepted before is read with the catalog as it is here, not as it was then.

    `interpretation` is the version of the meaning that was current; whoever appends the change says it.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["reinterpret"] = "reinterpret"
    interpretation: int = Field(default=0, ge=0)
    by: str = Field(default="", max_length=200)
