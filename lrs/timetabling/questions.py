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
    unasked = {item: sum(map(entropy, of_class)) for item, of_class in chances.items()}
    times_asked: dict[str, int] = {}
    chosen: list[tuple[str, float]] = []
    while unasked and len(chosen) < count:
        worth = {item: bits * AGAIN ** times_asked.get(skills[item], 0) for item, bits in unasked.items()}
        best = min(worth, key=lambda item: (-worth[item], item))
        if worth[best] <= 0:
            break
        chosen.append((best, worth[best]))
        times_asked[skills[best]] = times_asked.get(skills[best], 0) + 1
        del unasked[best]
    return chosen


def entropy(chance: float) -> float:
    """The entropy of a question's answer, in bits."""
    if not 0.0 < chance < 1.0:
        return 0.0
    return -chance * math.log2(chance) - (1 - chance) * math.log2(1 - chance)
