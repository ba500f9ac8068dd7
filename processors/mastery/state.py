"""What the model remembers of a learner, of each of the learner's skills, and of each item: O(1) each."""

from __future__ import annotations

import msgspec


class ItemHistory(msgspec.Struct, array_like=True):
    """One learner's past with one item. Credit is the sum of outcomes."""

    credit: float = 0.0
    attempts: int = 0
    last: int = -1  # 1 right, 0 wrong, -1 not met
    failing: int = 0  # wrong answers in a row


class SkillHistory(msgspec.Struct, array_like=True):
    """One learner's past with one skill."""

    credit: float = 0.0
    attempts: int = 0
    wins: int = 0  # outcomes of at least a half
    streak: int = 0
    position: int = 0  # the learner's attempts before the last one on the skill
    history: int = 1  # the last ≤4 outcomes as bits, the latest lowest, under a leading 1 that says how many there are
    ability: float = 0.0  # logits over the item's rate and the learner's ability
    # Moving means of outcomes less the item's rate, each follows faster than the one before it.
    residuals: tuple[float, float, float] = (0.0, 0.0, 0.0)
    levels: tuple[float, float, float] = (0.0, 0.0, 0.0)  # the same, less the skill's rate
    paced: tuple[float, float] = (0.0, 0.0)  # logits over the item's rate, learnt slowly and fast


class LearnerHistory(msgspec.Struct, array_like=True):
    """One learner's past, apart from the skills'."""

    credit: float = 0.0
    attempts: int = 0
    wins: int = 0
    history: int = 1  # the last ≤5 outcomes, likewise
    ability: float = 0.0  # logits over the item's rate
    residuals: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    paced: tuple[float, float, float] = (0.0, 0.0, 0.0)
    last_item: str = ""
    last_skills: tuple[str, ...] = ()
    items: dict[str, ItemHistory] = {}


def remember(history: int, right: bool, length: int) -> int:
    """Shift an outcome in under the leading 1, keeping the last `length`."""
    longer = history << 1 | right
    return longer if longer < 2 << length else longer & (1 << length) - 1 | 1 << length
