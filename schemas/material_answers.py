"""What there is to work on, as the API answers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.answer import Answer
from schemas.pacing_answers import NamedThing

_MEASURED = Annotated[float | None, Field(description="median of the tries that statements tell of")]


class MaterialState(Answer):
    """What opens an activity. minutes are those that the catalog says."""

    activity: str
    name: str
    via: Literal["url", "cmi5", "lti", "page"]
    opens: str
    minutes: float | None
    measured_minutes: _MEASURED
    mode: Literal["alone", "pair", "teacher"]
    screen: bool
    together: int
    level: str
    language: str
    topics: list[str]
    skills: list[str]


class UnopenedActivity(Answer):
    """An activity that statements tell of and no material opens: no plan names it."""

    activity: str
    name: str
    measured_minutes: _MEASURED
    tries: int
    learners: int
    skills: list[str]


class MaterialsState(Answer):
    """The first materials by id and how many there are, what only statements know, and skills that nothing opens."""

    count: int
    materials: list[MaterialState]
    only_in_statements: list[UnopenedActivity]
    without_material: list[NamedThing]
