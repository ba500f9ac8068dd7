"""A course: blocks and assignable units (AUs), as its publisher structured it (cmi5 Quartz, 13.1)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from schemas.xapi.values import Iri, LanguageMap

_COURSE_IDS = uuid.UUID("6a53c2f7-3d55-5c07-9a0b-2f9e2c3c41d5")  # of every id that is derived from others


class MoveOn(StrEnum):
    """What satisfies an AU (13.1.4)."""

    PASSED = "Passed"
    COMPLETED = "Completed"
    COMPLETED_AND_PASSED = "CompletedAndPassed"
    COMPLETED_OR_PASSED = "CompletedOrPassed"
    NOT_APPLICABLE = "NotApplicable"


class LaunchMode(StrEnum):
    """Whether a session counts (10.2.2): only a normal one does."""

    NORMAL = "Normal"
    BROWSE = "Browse"
    REVIEW = "Review"


class LaunchMethod(StrEnum):
    """The window an AU needs (13.1.4)."""

    ANY_WINDOW = "AnyWindow"
    OWN_WINDOW = "OwnWindow"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    id: Iri
    title: LanguageMap
    description: LanguageMap


class Objective(_Part):
    """An objective of a block or an AU."""


class Au(_Part):
    """An assignable unit. `url` is absolute; `mastery_score` in [0, 1]."""

    kind: Literal["au"] = "au"
    url: Iri
    move_on: MoveOn = MoveOn.NOT_APPLICABLE
    mastery_score: float | None = Field(default=None, ge=0, le=1)
    launch_method: LaunchMethod = LaunchMethod.ANY_WINDOW
    launch_parameters: str | None = None
    entitlement_key: str | None = None
    activity_type: Iri | None = None
    objectives: list[str] = []


class Block(_Part):
    """AUs and blocks that are satisfied together."""

    kind: Literal["block"] = "block"
    objectives: list[str] = []
    children: list[Child] = Field(min_length=1)


Child = Annotated[Au | Block, Field(discriminator="kind")]
Block.model_rebuild()


class Course(_Part):
    """A course, and a change of the catalog: the one that adds or removes it."""

    kind: Literal["course"] = "course"
    objectives: list[Objective] = []
    children: list[Child] = Field(min_length=1)
    removed: bool = False

    @model_validator(mode="after")
    def _ids_differ(self) -> Self:
        ids = {self.id}
        for part in (*self.objectives, *parts(self)):
            if part.id in ids:
                raise ValueError(f"the id {part.id} appears twice in the course")
            ids.add(part.id)
        return self


def parts(whole: Course | Block) -> Iterator[Au | Block]:
    """Every block and AU below, each before what it holds."""
    for child in whole.children:
        yield child
        if isinstance(child, Block):
            yield from parts(child)


def find_au(course: Course, au: str) -> Au | None:
    """The AU with a publisher's id."""
    return next((part for part in parts(course) if isinstance(part, Au) and part.id == au), None)


def activity_id(course: str, part: str) -> str:
    """The store's own id of a course (`part` is the course itself), a block or an AU (8.1.5, 9.4).

    It is the same in every registration, and never the publisher's.
    """
    return f"urn:uuid:{made_id('activity', course, part)}"


def made_id(*of: str) -> str:
    """A UUID that is the same for the same words."""
    return str(uuid.uuid5(_COURSE_IDS, "\n".join(of)))
