"""What a learner works on next, and what of a learner the learner and the guardians see: answers as models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.answer import Answer
from schemas.decision import Decision
from schemas.pacing_answers import Because, Count, Fresh, NamedThing, Share


class FamilyItem(Answer):
    """An item to work on, as the learner and the guardians see it: how it is opened, and what it is for."""

    activity: str
    name: str
    via: Literal["url", "cmi5", "lti", "page"]
    opens: Annotated[str, Field(description="address, or where to look")]
    minutes: float | None
    measured: Annotated[bool, Field(description="whether statements say the minutes, and not the catalog")]
    mode: Literal["alone", "pair", "teacher"]
    screen: bool
    skill: NamedThing
    purpose: Literal["review", "practise", "start", "support"]


class NextItem(FamilyItem):
    """An item to work on; `compact` answers have activity, via, opens, purpose and reason alone."""

    chance: Annotated[Share, Field(description="that it is answered right")]
    in_band: Annotated[bool, Field(description="whether the chance lies in the policy's band")]
    reason: Annotated[str, Field(description="in English")]
    because: Because


class FamilyNext(Fresh):
    """What a learner works on next, as the learner and the guardians see it."""

    learner: str
    items: list[FamilyItem]


class Next(Fresh):
    """What a learner works on next."""

    learner: str
    items: list[NextItem]
    without_material: Annotated[list[NamedThing], Field(description="skills to work on that nothing opens")]
    band: tuple[Share, Share]


class FamilySkill(Answer):
    """A skill of a learner, as the learner and the guardians see it."""

    skill: str
    name: str
    decision: Decision
    blocked_by: Annotated[list[NamedThing], Field(description="of wait: a few of what it waits for")]
    blocked_more: Annotated[Count, Field(description="how many more it waits for, which are not named")]


class FamilyPage(Fresh):
    """One learner, as the learner and the guardians see it: without estimates, evidence and reasons. A guardian gets no
    skill that waits."""

    learner: str
    name: str
    streak: Annotated[Count, Field(description="days in a row")]
    minutes_week: float
    skills: list[FamilySkill]
