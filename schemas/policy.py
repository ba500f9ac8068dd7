"""Decisions of pacing: which there are, the thresholds that they follow, and a person's word over them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MOST = 1_000_000  # of anything that is counted
MOST_DAYS = 3_650.0  # of a threshold in days
LATEST = 253_402_300_799_999_999  # µs since the epoch: the year 9999 ends, and with it what a calendar can say


class Decision(StrEnum):
    """What pacing says of one learner and one skill, what is most urgent first."""

    HELP = "help"
    REVIEW = "review"
    PRACTISE = "practise"
    START = "start"  # never tried, and what comes before it is mastered
    ADVANCE = "advance"
    WAIT = "wait"  # never tried, and what comes before it is not mastered
    UNKNOWN = "unknown"


MASTERED = (Decision.ADVANCE, Decision.REVIEW)


class _PolicyChange(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Policy(_PolicyChange):
    """Thresholds of pacing. Mastery in [0, 1], times in days. The version is the position of the event."""

    kind: Literal["policy"] = "policy"
    advance_at: float = Field(default=0.80, ge=0, le=1)  # mastery that lets a learner move on …
    advance_margin: float = Field(default=0.11, ge=0, le=1)  # … exceeded by this share of what is missing to 1 …
    advance_answers: int = Field(default=3, ge=1, le=32)  # … after the last answer and on average after so many …
    advance_low: float = Field(default=0.40, ge=0, le=1)  # … if the interval's lower end is at least this
    help_below: float = Field(default=0.40, ge=0, le=1)  # mastery under which a person should look
    stuck_after: int = Field(default=4, ge=1, le=MOST)  # wrong answers in a row that call for help
    min_attempts: int = Field(default=3, ge=1, le=MOST)  # with fewer the decision is unknown …
    trusted_after: int = Field(default=5, ge=1, le=MOST)  # … and mastery alone neither advances nor calls for help
    review_drop: float = Field(default=0.10, ge=0, le=1)  # share lost since last practice that calls for review
    review_after: float = Field(
        default=14.0, gt=0, le=MOST_DAYS
    )  # days without practice that call for review of a mastered skill
    stale_after: float = Field(
        default=7.0, gt=0, le=MOST_DAYS
    )  # days after which evidence is old: it takes twice min_attempts
    spinning_after: int = Field(default=10, ge=1, le=32)  # attempts without gain that call for help …
    spinning_below: float = Field(default=0.70, ge=0, le=1)  # … under this mastery, or thrice as many
    band_low: float = Field(default=0.70, ge=0, le=1)  # predicted success of the next items: from this …
    band_high: float = Field(default=0.85, ge=0, le=1)  # … to this
    idle_after: float = Field(default=30.0, gt=0, le=24 * 60)  # minutes without an event that are not active time
    by: str = Field(default="", max_length=200)  # who set them

    @property
    def advance_bar(self) -> float:
        """Mastery that advances: estimates that only just reach a threshold are too high more often than too low."""
        return self.advance_at + self.advance_margin * (1.0 - self.advance_at)


class Overrule(_PolicyChange):
    """A person's word over a decision; `decision` None revokes an earlier one. `until` is µs since the epoch."""

    kind: Literal["overrule"] = "overrule"
    learner: str = Field(min_length=1)
    skill: str = Field(min_length=1)
    decision: Decision | None = Field(default=None, strict=False)
    reason: str = Field(min_length=1, max_length=2000)
    by: str = Field(min_length=1, max_length=200)
    until: int | None = Field(default=None, ge=0, le=LATEST)


class PutOff(_PolicyChange):
    """That a person puts off what a learner needs: until a time (µs), or else until there is newer evidence than was
    seen. skill: "" where it is about not having been seen; `removed` revokes it."""

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
