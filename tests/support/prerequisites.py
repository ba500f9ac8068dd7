"""What skills require of each other, walked in the simplest way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def required_by(skill: str, requires: Mapping[str, Sequence[str]]) -> set[str]:
    """All that a skill requires, and what that does."""
    found: set[str] = set()
    left = list(requires.get(skill, ()))
    while left:
        required = left.pop()
        if required not in found:
            found.add(required)
            left += requires.get(required, ())
    return found
