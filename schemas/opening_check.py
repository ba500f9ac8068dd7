"""Opening checks as events: which questions a class is asked, and what a teacher entered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.timetable import Id, Learner, Part

MOST_QUESTIONS = 12


class Question(Part):
    """An item of the catalog, asked on paper or on a device. `bits`: what it tells about the class."""

    item: str = Field(min_length=1, max_length=2048)
    name: str = Field(default="", max_length=500)
    skill: str = Field(min_length=1, max_length=2048)
    skill_name: str = Field(default="", max_length=500)
    opens: str = Field(default="", max_length=2048)
    bits: float = 0.0


class Check(Part):
    """An opening check of a class. `id` is its code, which is printed on the sheet."""

    kind: Literal["check"] = "check"
    id: Id
    class_id: Id
    by: str = Field(default="", max_length=500)
    questions: list[Question] = Field(min_length=1, max_length=MOST_QUESTIONS)


class EnteredResult(Part):
    """What a learner answered; `right` None revokes what was entered.

    `statement` is the one that records it, `voids` that of an earlier entry which was voided for it.
    """

    learner: Learner
    question: int = Field(ge=0, lt=MOST_QUESTIONS)
    right: bool | None
    statement: str = Field(default="", max_length=64)
    voids: str = Field(default="", max_length=64)


class CheckResults(Part):
    """What was entered at once, after its statements were recorded."""

    kind: Literal["check results"] = "check results"
    id: Id
    class_id: Id
    by: str = Field(default="", max_length=500)
    results: Annotated[list[EnteredResult], Field(max_length=10_000)]
