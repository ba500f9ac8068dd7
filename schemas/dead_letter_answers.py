"""What the API answers about dead letters: statements and records that could not be processed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.answer import Answer
from schemas.pacing_answers import Count


class ListedDeadLetter(Answer):
    """A dead letter, without its bytes."""

    number: Count
    stage: Annotated[str, Field(description="which stage could not process it")]
    reason: str
    tenant: str
    time: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    topic: str
    partition: Count
    position: Annotated[Count, Field(description="of the record that it was read from")]
    outcome: Annotated[Literal["retried", "dropped"] | None, Field(description="what was decided; null: nothing yet")]


class ShownDeadLetter(ListedDeadLetter):
    """A dead letter with its bytes."""

    payload: str


class DeadLetterList(Answer):
    dead_letters: list[ListedDeadLetter]


class DeadLetterDecided(Answer):
    """What was decided on a dead letter."""

    number: Count
    outcome: Literal["retried", "dropped"]
