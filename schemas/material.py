"""What can be opened: how a learner gets to an activity, and what a plan has to know of it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from schemas.asked_question import AskedQuestion
from schemas.cmi5.course import Au, Course, activity_id, parts

Word = Annotated[str, Field(max_length=256)]


class Material(BaseModel):
    """How the activity `id` is opened; what it teaches is said by the activity, its patterns and its course.

    opens is an address, or where to look ("Workbook 7, page 12") where via is "page". minutes is how long it takes,
    0 if nobody knows; mode is how it is worked on, and screen whether it needs one. together is the most who can work
    on it in one group, 0 where that is for the timetable to say. question is what it asks, where that is one question
    whose answers a page can judge. level says what is harder of a skill's items ("2", "B1", "Grade 10"), language is a
    tag such as de, topics what it is about.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    kind: Literal["material"] = "material"
    id: str = Field(min_length=1, max_length=2048)
    name: Word = ""
    via: Literal["url", "cmi5", "lti", "page"] = "url"
    opens: str = Field(default="", max_length=2048)
    minutes: float = Field(default=0.0, ge=0, le=1440)
    mode: Literal["alone", "pair", "teacher"] = "alone"
    screen: bool = True
    together: int = Field(default=0, ge=0, le=100)
    question: AskedQuestion | None = None
    level: Word = ""
    language: Word = ""
    topics: list[Word] = Field(default=[], max_length=32)
    removed: bool = False


def units(courses: Iterable[Course], known_ids: Container[str]) -> Iterator[Material]:
    """The units of cmi5 courses as materials, but for those that are known by a material of their own."""
    for course in courses:
        for part in parts(course):
            id_ = activity_id(course.id, part.id)
            if isinstance(part, Au) and id_ not in known_ids:
                name = next(iter(part.title.values()), "")[:256]
                yield Material(id=id_, name=name, via="cmi5", opens=f"{course.id}|{part.id}"[:2048])
