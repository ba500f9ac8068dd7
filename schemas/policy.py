"""The policy of pacing: the thresholds that decisions follow."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

MOST_COUNTED = 1_000_000  # of anything that is counted
MOST_DAYS = 3_650.0  # of a threshold in days


class Policy(BaseModel):
    """Thresholds of pacing. Mastery in [0, 1], times in days. The version is the position of the event."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["policy"] = "policy"
    advance_at: float = Field(default=0.80, ge=0, le=1)  # mastery that lets a learner move on …
    advance_margin: float = Field(default=0.11, ge=0, le=1)  # … exceeded by this share of what is missing to 1 …
    advance_answers: int = Field(default=3, ge=1, le=32)  # … after the last answer and on average after so many …
    advance_low: float = Field(default=0.40, ge=0, le=1)  # … if the interval's lower end is at least this
    help_below: float = Field(default=0.40, ge=0, le=1)  # mastery under which a person should look
    stuck_after: int = Field(default=4, ge=1, le=MOST_COUNTED)  # wrong answers in a row that call for help
    min_attempts: int = Field(default=3, ge=1, le=MOST_COUNTED)  # with fewer the decision is unknown …
    trusted_after: int = Field(
        default=5, ge=1, le=MOST_COUNTED
    )  # … and mastery alone neither advances nor calls for help
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
