"""A row of the table of verbs, and the conditions that a row may state."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.types import SCORM_CONTENT, ActivityRole
from schemas.observation import Kind


class Nothing(StrEnum):
    """Why a statement is nobody's learning."""

    ADMINISTRATION = "administration"  # of accounts, courses, content, rights
    ASSESSING = "assessing another's work"
    AWARD_REVOKED = "a revoked award"
    DERIVED = "derived by a system from other statements"
    PLAN = "a plan"
    VOIDING = "a voiding"
    OTHER_OBJECT = "not about an activity"
    NOBODY = "nobody named"
    ANONYMOUS = "an account that many share"


class VerbCondition(NamedTuple):
    """When a row applies, in words and as a test."""

    text: str
    holds: Callable[[Facts], bool]


class VerbRow(NamedTuple):
    """What some verbs mean: a kind, or nothing for a reason; the first row of a verb whose condition holds decides.

    outcome is what the verb itself says where nothing else does.
    """

    means: Kind | Nothing
    verbs: tuple[str, ...]
    source: str
    when: VerbCondition | None = None
    outcome: float | None = None


_ADAPT = "#/id/"


def _roles(*roles: ActivityRole) -> Callable[[Facts], bool]:
    return lambda facts: facts.role in roles


JUDGED = VerbCondition("with success or a score", lambda facts: facts.judged)
SCORED = VerbCondition("with a score", lambda facts: bool(facts.score))
COMPLETED = VerbCondition("with completion = true", lambda facts: facts.result.get("completion") is True)
SCORM_STATUS = VerbCondition(
    "on SCORM content, without a result", lambda facts: facts.type in SCORM_CONTENT and not facts.result
)
ADAPT_PART = VerbCondition(
    "on a part of a page of Adapt, without a judgement", lambda facts: _ADAPT in facts.id and not facts.judged
)
SURVEY = VerbCondition("on a survey, or where no answer is right", lambda facts: facts.survey)
ITEM = VerbCondition("on a question", _roles(ActivityRole.ITEM))
WORK = VerbCondition("on an assignment or submission", lambda facts: facts.work)
MEDIA = VerbCondition("on video or audio", _roles(ActivityRole.MEDIA))
SOCIAL = VerbCondition("on a discussion, message, meeting or group", _roles(ActivityRole.SOCIAL, ActivityRole.GROUP))
SAID = VerbCondition("on a discussion, message or meeting", _roles(ActivityRole.SOCIAL))
COURSE = VerbCondition("on a course", _roles(ActivityRole.COURSE))
HINT = VerbCondition("on a hint or supplemental information", _roles(ActivityRole.HINT))
SOLUTION = VerbCondition("on a solution", _roles(ActivityRole.SOLUTION))
