"""A person's word over decisions: another one instead, or that a need is put off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.decision import Decision

LATEST = 253_402_300_799_999_999  # µs since the epoch: the year 9999 ends, and with it what a calendar can say


class Overrule(BaseModel):
    """A person's word over a decision; `decision` None revokes an earlier one. `until` is µs since the epoch."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["overrule"] = "overrule"
    learner: str = Field(min_length=1)
    skill: str = Field(min_length=1)
    decision: Decision | None = Field(default=None, strict=False)
    reason: str = Field(min_length=1, max_length=2000)
    by: str = Field(min_length=1, max_length=200)
    until: int | None = Field(default=None, ge=0, le=LATEST)


class PutOff(BaseModel):
    """That a person puts off what a learner needs: until a time (µs), or else until there is newer evidence than was
    seen. skill: "" where it is about not having been seen; `removed` revokes it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["put_off"] = "put_off"
    learner: str = Field(min_length=1, max_length=2048)
    skill: str = Field(default="", max_length=2048)
    until: int | None = Field(default=None, ge=0, le=LATEST)
    seen: int = Field(default=0, ge=0, le=LATEST)
    reason: str = Field(min_length=1, max_length=2000)
    by: str = Field(min_length=1, max_length=200)
    removed: bool = False

    def holds(self, evidence: int, now: int) -> bool:
        """Whether it is put off at `now` (µs), given the time of the last evidence."""
        if self.removed:
            return False
        return evidence <= self.seen if self.until is None else now < self.until


@dataclass(slots=True)
class Overruling:
    """A valid overruling, with the time it was accepted (µs since the epoch)."""

    change: Overrule
    at: int
