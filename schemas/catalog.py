"""The catalog: what activities teach, who is in which class, and by which thresholds a tenant paces.

Every change is an event in the log's `catalog` topic; `Catalog.apply` folds them in log order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from schemas.cmi5.course import Course


class Decision(StrEnum):
    """What pacing says of one learner and one skill."""

    ADVANCE = "advance"
    PRACTISE = "practise"
    REVIEW = "review"
    HELP = "help"
    UNSURE = "not enough evidence"


MOST = 1_000_000  # of anything that is counted
LATEST = 253_402_300_799_999_999  # µs since the epoch: the year 9999 ends, and with it what a calendar can say


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Skill(_Change):
    """Something to master; `requires` are the skills that come before it."""

    kind: Literal["skill"] = "skill"
    id: str = Field(min_length=1, max_length=2048)
    name: str = ""
    requires: list[str] = []
    removed: bool = False


class Activity(_Change):
    """What an activity teaches. `mastery_score` in [0, 1] judges scaled scores where `success` is missing."""

    kind: Literal["activity"] = "activity"
    id: str = Field(min_length=1, max_length=2048)
    name: str = ""
    skills: list[str] = []
    mastery_score: float | None = Field(default=None, ge=0, le=1)
    removed: bool = False


class Member(_Change):
    """A learner of a class: canonical actor (see schemas.xapi.actor) and the name people use."""

    learner: str = Field(min_length=1, max_length=2048)
    name: str = ""


class Class(_Change):
    """A class, its roster and the skills its board shows, in teaching order."""

    kind: Literal["class"] = "class"
    id: str = Field(min_length=1, max_length=256)
    name: str = ""
    learners: list[Member] = []
    skills: list[str] = []
    removed: bool = False


class Policy(_Change):
    """Thresholds of pacing. Mastery in [0, 1], times in days. The version is the position of the event."""

    kind: Literal["policy"] = "policy"
    advance_at: float = Field(default=0.80, ge=0, le=1)  # mastery that lets a learner move on …
    advance_low: float = Field(default=0.50, ge=0, le=1)  # … if the interval's lower end is at least this
    help_below: float = Field(default=0.45, ge=0, le=1)  # mastery under which a person should look
    stuck_after: int = Field(default=4, ge=1, le=MOST)  # wrong answers in a row that call for help
    min_attempts: int = Field(default=3, ge=1, le=MOST)  # fewer is not enough evidence
    review_drop: float = Field(default=0.10, ge=0, le=1)  # expected loss since last practice that calls for review
    review_after: float = Field(default=14.0, gt=0)  # days without practice that call for review of a mastered skill


class Overrule(_Change):
    """A person's word over a decision; `decision` None takes an earlier word back. `until` is µs since the epoch."""

    kind: Literal["overrule"] = "overrule"
    learner: str = Field(min_length=1)
    skill: str = Field(min_length=1)
    decision: Decision | None = Field(default=None, strict=False)
    reason: str = Field(min_length=1, max_length=2000)
    by: str = Field(min_length=1, max_length=200)
    until: int | None = Field(default=None, ge=0, le=LATEST)


Change = Annotated[Skill | Activity | Class | Policy | Overrule | Course, Field(discriminator="kind")]
CHANGE: TypeAdapter[Change] = TypeAdapter(Change)
CHANGES: TypeAdapter[list[Change]] = TypeAdapter(list[Change])


@dataclass(slots=True)
class Overruling:
    """An overruling that stands, with the time it was accepted (µs since the epoch)."""

    change: Overrule
    at: int


@dataclass(slots=True)
class Catalog:
    """One tenant's catalog after the changes applied so far; `position` is the last one's."""

    position: int = 0
    skills: dict[str, Skill] = field(default_factory=dict)
    activities: dict[str, Activity] = field(default_factory=dict)
    classes: dict[str, Class] = field(default_factory=dict)
    courses: dict[str, Course] = field(default_factory=dict)
    policy: Policy = field(default_factory=Policy)
    policy_version: int = 0
    overrulings: dict[tuple[str, str], Overruling] = field(default_factory=dict)

    def apply(self, change: Change, position: int, at: int) -> None:
        """Fold one change in. `position` is its place in the log, `at` when it was accepted (µs)."""
        self.position = position
        match change:
            case Skill():
                _put(self.skills, change.id, change)
            case Activity():
                _put(self.activities, change.id, change)
            case Class():
                _put(self.classes, change.id, change)
            case Course():
                _put(self.courses, change.id, change)
            case Policy():
                self.policy, self.policy_version = change, position
            case Overrule(decision=None):
                self.overrulings.pop((change.learner, change.skill), None)
            case Overrule():
                self.overrulings[change.learner, change.skill] = Overruling(change, at)


_Kept = TypeVar("_Kept", Skill, Activity, Class, Course)


def _put(kept: dict[str, _Kept], key: str, change: _Kept) -> None:
    if change.removed:
        kept.pop(key, None)
    else:
        kept[key] = change
