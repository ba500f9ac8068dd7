"""A row of the table of verbs, and the conditions that a row may state."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple

from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.types import Role
from schemas.observation import Kind


class Nothing(StrEnum):
    """Why a statement is nobody's learning."""

    ADMINISTRATION = "administration"  # of accounts, courses, content, rights
    ASSESSING = "assessing another's work"
    AWARD_UNDONE = "an award taken back"
    DERIVED = "derived by a system from other statements"
    PLAN = "a plan"
    VOIDING = "a voiding"
    OTHER_OBJECT = "not about an activity"
    NOBODY = "nobody named"


class Condition(NamedTuple):
    """When a row applies, in words and as a test."""

    text: str
    holds: Callable[[Facts], bool]


class Row(NamedTuple):
    """These verbs mean this kind, or nothing for a reason; the first row of a verb whose condition holds decides.

    outcome is what the verb itself says where nothing else does.
    """

    means: Kind | Nothing
    verbs: tuple[str, ...]
    source: str
    when: Condition | None = None
    outcome: float | None = None


def _roles(*roles: Role) -> Callable[[Facts], bool]:
    return lambda facts: facts.role in roles


JUDGED = Condition("with success or a score", lambda facts: facts.judged)
SCORED = Condition("with a score", lambda facts: bool(facts.score))
COMPLETED = Condition("with completion = true", lambda facts: facts.result.get("completion") is True)
SURVEY = Condition("on a survey, or where no answer is right", lambda facts: facts.survey)
ITEM = Condition("on a question", _roles(Role.ITEM))
WORK = Condition("on an assignment or submission", _roles(Role.WORK))
MEDIA = Condition("on video or audio", _roles(Role.MEDIA))
SOCIAL = Condition("on a discussion, message, meeting or group", _roles(Role.SOCIAL, Role.GROUP))
SAID = Condition("on a discussion, message or meeting", _roles(Role.SOCIAL))
COURSE = Condition("on a course", _roles(Role.COURSE))
HINT = Condition("on a hint or supplemental information", _roles(Role.HINT))
SOLUTION = Condition("on a solution", _roles(Role.SOLUTION))
