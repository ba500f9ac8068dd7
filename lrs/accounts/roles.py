"""What a person is in a tenant."""

from __future__ import annotations

from enum import StrEnum


class PersonRole(StrEnum):
    """Teachers reach their classes, learners what is about themselves, guardians what is about one learner."""

    OPERATOR = "operator"
    LEADER = "leader"
    TEACHER = "teacher"
    LEARNER = "learner"
    GUARDIAN = "guardian"
