"""The grammar of contexts (xAPI 1.0.3, part 2, 2.4.6; IEEE 9274.1.1, 4.2.2.5)."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import Discriminator, Field, Tag
from typing_extensions import TypedDict

from schemas.xapi.activity import Activity
from schemas.xapi.agent import Actor, Agent, Group
from schemas.xapi.values import MOST_ITEMS, Extensions, Iri, Language, Uuid


class StatementRef(TypedDict):
    """Names another statement by its id (4.2.2.3 of IEEE 9274.1.1)."""

    objectType: Literal["StatementRef"]
    id: Uuid


def _one_or_many(activities: object) -> str:
    """A tag in brackets, which no sender's key looks like: paths of errors leave it out."""
    return "<many>" if isinstance(activities, list) else "<one>"


_Activities = Annotated[
    Annotated[Activity, Tag("<one>")] | Annotated[list[Activity], Field(max_length=MOST_ITEMS), Tag("<many>")],
    Discriminator(_one_or_many),
]


class _ContextActivities(TypedDict):
    parent: NotRequired[_Activities]
    grouping: NotRequired[_Activities]
    category: NotRequired[_Activities]
    other: NotRequired[_Activities]


class Context1(TypedDict):
    """A context of xAPI 1.0.3."""

    registration: NotRequired[Uuid]
    instructor: NotRequired[Actor]
    team: NotRequired[Group]
    contextActivities: NotRequired[_ContextActivities]
    revision: NotRequired[str]
    platform: NotRequired[str]
    language: NotRequired[Language]
    statement: NotRequired[StatementRef]
    extensions: NotRequired[Extensions]


_Types = Annotated[list[Iri], Field(min_length=1, max_length=MOST_ITEMS)]


class _ContextAgent(TypedDict):
    objectType: Literal["contextAgent"]
    agent: Agent
    relevantTypes: NotRequired[_Types]


class _ContextGroup(TypedDict):
    objectType: Literal["contextGroup"]
    group: Group
    relevantTypes: NotRequired[_Types]


class Context2(Context1):
    """A context of xAPI 2.0."""

    contextAgents: NotRequired[Annotated[list[_ContextAgent], Field(max_length=MOST_ITEMS)]]
    contextGroups: NotRequired[Annotated[list[_ContextGroup], Field(max_length=MOST_ITEMS)]]
