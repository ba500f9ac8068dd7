"""The grammar of entities (Caliper 1.2, 2.2 and appendix C): what the mapping reads; the rest is not checked."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from schemas.xapi.values import Duration, Timestamp

BLANK = "_:"  # a blank node: an id that holds within one message only
# An absolute IRI, or a blank node.
Id = Annotated[str, StringConstraints(pattern=r'^(?:[A-Za-z][A-Za-z0-9+.\-]*|_):[^\x00-\x20\x7f<>"{}|\\^`]+$')]


def _thin(value: object) -> object:
    """An entity may be its id alone."""
    return {"id": value} if isinstance(value, str) else value


class CaliperEntity(BaseModel):
    """An entity; `type` is empty where the message gives the id alone."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    id: Id
    type: str = ""
    name: str | None = None
    description: str | None = None
    isPartOf: Thin | None = None
    learningObjectives: list[Thin] | None = None
    # Attempt, Session
    assignee: Thin | None = None
    assignable: Thin | None = None
    user: Thin | None = None
    # Attempt, Response
    attempt: Thin | None = None
    startedAtTime: Timestamp | None = None
    endedAtTime: Timestamp | None = None
    duration: Duration | None = None
    # Response, Rating, Comment
    value: Any = None
    values: list[Any] | None = None
    selections: list[Any] | None = None
    # Score; some tools put it into a Response
    score: Thin | None = None
    scoreGiven: float | None = None
    maxScore: float | None = None
    # What is read where a tool sends it, and never a reason to refuse the event
    count: Any = None
    extensions: Any = None
    currentTime: Any = None
    items: Any = None
    normalScore: Any = None
    totalScore: Any = None
    curvedTotalScore: Any = None
    resultScore: Any = None


def _made(value: object) -> object:
    """What an event makes may go without an id (Open edX)."""
    return {"id": f"{BLANK}generated", **value} if isinstance(value, dict) else _thin(value)


Thin = Annotated[CaliperEntity, BeforeValidator(_thin, json_schema_input_type=Id | CaliperEntity)]
Made = Annotated[CaliperEntity, BeforeValidator(_made, json_schema_input_type=Id | CaliperEntity)]
CaliperEntity.model_rebuild()


def entity_of(value: object) -> CaliperEntity | None:
    """The entity that a value is, or the id of; None where it is neither."""
    try:
        return CaliperEntity.model_validate(_thin(value))
    except ValidationError:
        return None
