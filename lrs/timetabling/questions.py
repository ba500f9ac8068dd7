"""Which questions tell most about a class in two minutes. Pure.

A question tells most about a learner whose answer is as likely right as wrong (entropy). Each further question of the
same skill tells a learner's state less that is new, by half.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

AGAIN = 0.5  # of what a first question of a skill tells, a second does


def choose_questions(
    chances: Mapping[str, Sequence[float]], skills: Mapping[str, str], count: int
) -> list[tuple[str, float]]:
    """At most so many items, each with the bits that it tells about the class.

    chances: by item, of each learner's right answer; skills: by item.
    """
    left = {item: sum(map(entropy, of_class)) for item, of_class in chances.items()}
    asked: dict[str, int] = {}
    found: list[tuple[str, float]] = []
    while left and len(found) < count:
        worth = {item: bits * AGAIN ** asked.get(skills[item], 0) for item, bits in left.items()}
        best = min(worth, key=lambda item: (-worth[item], item))
        if worth[best] <= 0:
            break
        found.append((best, worth[best]))
        asked[skills[best]] = asked.get(skills[best], 0) + 1
        del left[best]
    return found


def entropy(chance: float) -> float:
    """The entropy of a question's answer, in bits."""
    if not 0.0 < chance < 1.0:
        return 0.0
    return -chance * math.log2(chance) - (1 - chance) * math.log2(1 - chance)
