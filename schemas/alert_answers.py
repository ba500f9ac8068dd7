"""What the API of alerts answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from schemas.alerts import AlertKind
from schemas.answer import Answer
from schemas.pacing_answers import Because, Count, NamedThing


class ShownAlert(Answer):
    """That somebody newly needs a person, and why."""

    number: Annotated[Count, Field(description="counts the tenant's alerts from 1")]
    at: Annotated[int, Field(description="µs since the epoch")]
    what: AlertKind
    learner: str
    name: str
    class_: Annotated[NamedThing, Field(alias="class")]
    skill: Annotated[NamedThing | None, Field(description="of help")]
    reason: Annotated[str, Field(description="in English")]
    because: Annotated[list[Because], Field(description="why, as data; empty for an alert of an earlier release")]
    over: Annotated[bool, Field(description="it is no longer the case")]


class AlertList(Answer):
    alerts: Annotated[list[ShownAlert], Field(description="the earliest first")]
    last: Annotated[Count, Field(description="the number to go on after")]


class ClassAlerts(Answer):
    """The alerts of a class, by kind."""

    class_: Annotated[NamedThing, Field(alias="class")]
    alerts: dict[AlertKind, list[ShownAlert]]


class AlertDigest(Answer):
    """The alerts of some days."""

    since: Annotated[int, Field(description="µs since the epoch")]
    last: Count
    classes: list[ClassAlerts]
