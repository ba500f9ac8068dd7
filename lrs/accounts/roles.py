"""The roles that a person can have in a tenant."""

from __future__ import annotations

from enum import StrEnum

from schemas.wording import Worded, worded


class PersonRole(StrEnum):
    """Leaders reach all classes, principals those of their schools, teachers their own; learners what is about
    themselves, guardians what is about one learner.
    """

    OPERATOR = "operator"
    LEADER = "leader"
    PRINCIPAL = "principal"
    TEACHER = "teacher"
    LEARNER = "learner"
    GUARDIAN = "guardian"

    @property
    def words(self) -> Worded:
        """What people call the role."""
        return _ROLE_WORDS[self]

    @property
    def is_staff(self) -> bool:
        """Whether they work with learners, and so may see names and make plans."""
        return self in STAFF


STAFF = (PersonRole.LEADER, PersonRole.PRINCIPAL, PersonRole.TEACHER)
FAMILY = (PersonRole.LEARNER, PersonRole.GUARDIAN)  # who sees one learner alone

_ROLE_WORDS = {
    PersonRole.OPERATOR: worded("operator"),
    PersonRole.LEADER: worded("leader"),
    PersonRole.PRINCIPAL: worded("principal"),
    PersonRole.TEACHER: worded("teacher"),
    PersonRole.LEARNER: worded("learner"),
    PersonRole.GUARDIAN: worded("guardian"),
}
