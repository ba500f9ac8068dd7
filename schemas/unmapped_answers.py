"""What the API answers about what is unmapped."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.answer import Answer
from schemas.pacing_answers import Count


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
    """How many statements deliberately give no observation, for one reason."""

    reason: str
    statements: Count
    example: Annotated[str, Field(description="id of a statement")]


class MemberlessGroup(Answer):
    """A group that statements name without saying who is in it; empty where it has no identifier either."""

    group: str
    statements: Count
    example: Annotated[str, Field(description="id of a statement")]


class UnmappedAnswers(Answer):
    """How many judged answers are on activities with no skill in the catalog, by activity, most answers first; and what
    deliberately gives no observation."""

    answers: Count
    activities: Count
    listed: list[UnmappedActivity]
    nothing: list[NothingLearned]
    groups: list[MemberlessGroup]
