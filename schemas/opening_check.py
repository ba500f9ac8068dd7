"""Opening checks as events: which questions a class is asked, and what a teacher entered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.asked_question import AskedQuestion
from schemas.timetable import Id, Learner, Part

MOST_QUESTIONS = 12
LONGEST_RESPONSE = 4000  # as xAPI writes one of several choices


class Question(Part):
    """An item of the catalog, asked on paper or on a device. `bits`: what it tells about the class.

    `asked` is what a page asks; it stays as it was when the check was made. Without it the question is on paper, for
    what is not known (`on_paper`): its text, its right answer, or how a page judges its type.
    """

    item: str = Field(min_length=1, max_length=2048)
    name: str = Field(default="", max_length=500)
    skill: str = Field(min_length=1, max_length=2048)
    skill_name: str = Field(default="", max_length=500)
    opens: str = Field(default="", max_length=2048)
    bits: float = 0.0
    asked: AskedQuestion | None = None
    on_paper: Literal["", "text", "answer", "type"] = ""


class Check(Part):
    """An opening check of a class. `id` is its code, which is printed on the sheet.

    `replaces` is the last check of the class that whoever made it knew of, "" for none: it counts only where that is
    the last one in the log, so that of several made at once, in any process, the first counts. None: of an earlier
    build.
    """

    kind: Literal["check"] = "check"
    id: Id
    class_id: Id
    by: str = Field(default="", max_length=500)
    questions: list[Question] = Field(min_length=1, max_length=MOST_QUESTIONS)
    replaces: Id | Literal[""] | None = None


class EnteredResult(Part):
    """What a learner answered; `right` None revokes what was entered.

    `statement` is the one that records it, `voids` that of an earlier entry which was voided for it. `own`: the learner
    answered on a device, with `response` as xAPI writes it, "" for "I don't know yet"; else somebody entered it.
    `actor` and `name`: whom the statement names, as they were then; "" where this entry makes none. `only_voids`:
    nothing was entered, it voids what an entry did not see; what was entered last stays.
    """

    learner: Learner
    question: int = Field(ge=0, lt=MOST_QUESTIONS)
    right: bool | None
    statement: str = Field(default="", max_length=64)
    voids: str = Field(default="", max_length=64)
    own: bool = False
    response: str = Field(default="", max_length=LONGEST_RESPONSE)
    actor: str = Field(default="", max_length=2048)
    name: str = ""
    only_voids: bool = False


class CheckResults(Part):
    """What was entered at once, before its statements are recorded: they are made of it.

    `entry` is its id; of those without one, of earlier builds, the statements were recorded before.
    """

    kind: Literal["check results"] = "check results"
    id: Id
    class_id: Id
    by: str = Field(default="", max_length=500)
    results: Annotated[list[EnteredResult], Field(max_length=10_000)]
    entry: str = Field(default="", max_length=64)


class CheckRecorded(Part):
    """The statements of these entries are recorded."""

    kind: Literal["check recorded"] = "check recorded"
    id: Id
    class_id: Id
    entries: list[Annotated[str, Field(max_length=64)]]
