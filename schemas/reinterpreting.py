"""What the API answers about what is unmapped, and about what a changed catalog would do to the past."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.answer import Answer
from schemas.pacing import Count
from schemas.policy import Decision


class UnmappedActivity(Answer):
    """An activity whose judged answers reach no skill of the catalog."""

    activity: str
    answers: Count
    learners: Count
    last_time: Annotated[int, Field(description="µs since the epoch")]
    example: Annotated[str, Field(description="id of a statement")]
    unit: Annotated[str, Field(description="the provisional skill that the answers go to, or empty")]
    parent: Annotated[str, Field(description="the nearest that the activity is a part of, or empty")]


class NothingLearned(Answer):
    """How many statements are nobody's learning for a reason, on purpose."""

    reason: str
    statements: Count
    example: Annotated[str, Field(description="id of a statement")]


class MemberlessGroup(Answer):
    """A group that statements name without saying who is in it; empty where it has no identifier either."""

    group: str
    statements: Count
    example: Annotated[str, Field(description="id of a statement")]


class UnmappedAnswers(Answer):
    """How many judged answers teach no skill of the catalog, and in which activities, most answers first; and what is
    nobody's learning."""

    answers: Count
    activities: Count
    listed: list[UnmappedActivity]
    nothing: list[NothingLearned]
    groups: list[MemberlessGroup]


class ChangedDecision(Answer):
    """A decision as it is and as it would be; null where nothing is known of the skill."""

    learner: str
    name: str
    skill: str
    before: Decision | None
    after: Decision | None
    reason_before: str
    reason_after: str


class ChangedItem(Answer):
    """Which skills an item's answers were read as teaching, and which they would be."""

    item: str
    before: list[str]
    after: list[str]
    answers: Count


class Preview(Answer):
    """What reading the past again would change; `compared` of the `learners` with changes were decided upon again."""

    statements: Annotated[Count, Field(description="that would be read again")]
    observations: Annotated[Count, Field(description="that would differ")]
    learners: Count
    compared: Count
    changed: Annotated[Count, Field(description="decisions")]
    decisions: list[ChangedDecision]
    items: list[ChangedItem]
