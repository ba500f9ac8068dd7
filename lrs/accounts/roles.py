"""The roles that a person can have in a tenant."""

from __future__ import annotations

from enum import StrEnum

from schemas.wording import Worded, worded


class PersonRole(StrEnum):
    """Teachers reach their classes, learners what is about themselves, guardians what is about one learner."""

    OPERATOR = "operator"
    LEADER = "leader"
    TEACHER = "teacher"
    LEARNER = "learner"
    GUARDIAN = "guardian"

    @property
    def words(self) -> Worded:
        """What people call the role."""
        return _WORDS[self]


FAMILY = (PersonRole.LEARNER, PersonRole.GUARDIAN)  # who sees one learner alone

_WORDS = {
    PersonRole.OPERATOR: worded("operator"),
    PersonRole.LEADER: worded("leader"),
    PersonRole.TEACHER: worded("teacher"),
    PersonRole.LEARNER: worded("learner"),
    PersonRole.GUARDIAN: worded("guardian"),
}
