"""What the API answers about senders whose clock is off."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.answer import Answer
from schemas.pacing_answers import Count


class ClockOff(Answer):
    """A credential whose statements are read as of when they were stored, as their timestamps cannot be believed."""

    credential: str
    statements: Count
    learners: Count
    least: Annotated[int, Field(description="by how much it is ahead of the store, µs; negative where it is behind")]
    most: Annotated[int, Field(description="the same, of the statement that is most ahead")]
    last_time: Annotated[int, Field(description="when the last of them was stored, µs since the epoch")]
    example: Annotated[str, Field(description="id of a statement")]


class ClocksOff(Answer):
    """Senders whose clock is off, most statements first."""

    senders: list[ClockOff]
