"""What the API answers about what a changed catalog would do to the past."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.answer import Answer
from schemas.decision import Decision
from schemas.pacing_answers import Because, Count
from schemas.policy_answers import ChangedBoards


class RereadDecision(Answer):
    """A decision as it is and as it would be; null where nothing is known of the skill."""

    learner: str
    name: str
    skill: str
    before: Decision | None
    after: Decision | None
    reason_before: str
    reason_after: str
    because_after: Because | None


class ChangedItem(Answer):
    """Which skills an item's answers were read as teaching, and which they would be."""

    item: str
    name: str
    before: list[str]
    after: list[str]
    answers: Count


class Preview(Answer):
    """What reading the past again would change."""

    statements: Annotated[Count, Field(description="that would be read again")]
    observations: Annotated[Count, Field(description="that would differ")]
    learners: Count
    compared: Annotated[Count, Field(description="learners whose decisions were made again, to count the changed")]
    changed: Annotated[Count, Field(description="decisions")]
    decisions: list[RereadDecision]
    items: list[ChangedItem]
    names: Annotated[dict[str, str], Field(description="of the skills in it, by their ids")]


class CatalogPreview(Preview):
    """What changes would do, and reading the past again with them."""

    at_once: Annotated[
        ChangedBoards,
        Field(
            description="what skills, classes and policies of the changes would alter at once, reading nothing again"
        ),
    ]
