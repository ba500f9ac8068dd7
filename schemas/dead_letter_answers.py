"""What the API answers about dead letters: statements and records that could not be processed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.answer import Answer
from schemas.pacing_answers import Count

LONGEST_REASON = 1_000  # characters of a text to look for


class ListedDeadLetter(Answer):
    """A dead letter, without its bytes."""

    number: Count
    stage: Annotated[str, Field(description="which stage could not process it")]
    reason: str
    kind: Annotated[str, Field(description="the reason without what is particular to this one: what has one cause")]
    tenant: str
    time: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    topic: str
    partition: Count
    position: Annotated[
        int, Field(ge=-1, description="of the record that it was read from; -1: it was refused before it was stored")
    ]
    outcome: Annotated[Literal["retried", "dropped"] | None, Field(description="what was decided; null: nothing yet")]


class ShownDeadLetter(ListedDeadLetter):
    """A dead letter with its bytes."""

    payload: str


class DeadLetterList(Answer):
    dead_letters: list[ListedDeadLetter]
    more: Annotated[bool, Field(description="whether others follow: ask with `after` the number of the last")]


class DeadLetterDecided(Answer):
    """What was decided on a dead letter."""

    number: Count
    outcome: Literal["retried", "dropped"]


class NotDecided(Answer):
    """A dead letter on which it was not decided, and why not."""

    number: Count
    why: str


class DeadLettersDecided(Answer):
    """What was decided on dead letters of one reason."""

    outcome: Literal["retried", "dropped"]
    numbers: Annotated[list[Count], Field(description="on which it was decided")]
    refused: Annotated[list[NotDecided], Field(description="those that to try again would not help")]
    left: Annotated[Count, Field(description="how many more match, for the next request")]


class DeadLettersChosen(Answer):
    """Which dead letters to decide on, of those that nobody has decided on."""

    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON, description="a text that theirs contains")]
    stage: Annotated[str | None, Field(max_length=LONGEST_REASON, description="which stage could not process them")] = (
        None
    )
