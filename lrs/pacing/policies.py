"""Which policy decides of a learner's skill: that of the class it is taught in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from schemas.catalog import Catalog, Class
from schemas.policy import Policy

PolicyOf = Callable[[str], Policy]  # by skill


def policy_of(catalog: Catalog, classes: Sequence[Class]) -> PolicyOf:
    """The policy of each skill for a learner of these classes.

    A skill that several of them teach has that of the first; one that none teaches, that of the first of all.
    """
    policies = catalog.policies
    if not policies.narrowed:
        return lambda skill: policies.base
    return lambda skill: policies.of(class_of(classes, skill), skill).policy


def class_of(classes: Sequence[Class], skill: str) -> Class | None:
    """The one of a learner's classes in which a skill is decided."""
    return next((class_ for class_ in classes if skill in class_.skills), classes[0] if classes else None)
