"""What somebody who teaches a learner does about all the skills that need help: one thing first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from lrs.pacing.attention import leads_back
from schemas.policy import Decision

OLD = 7.0  # days after which one talks before one explains


class Advice(NamedTuple):
    """How many skills need help, the one to begin with, and how many of the others come after it.

    days: since any of them was tried, where that is long ago.
    """

    many: int
    skill: str
    name: str
    others: int
    days: int | None


def advise(skills: Sequence[Mapping[str, Any]]) -> Advice | None:
    """Of a learner's skills, as a page has them; None where none needs help.

    It begins where most of what needs help leads back to: each leads to what comes before it and is not mastered.
    """
    helped = {one["skill"]: one for one in skills if one["decision"] == Decision.HELP}
    if not helped:
        return None
    names = {one["skill"]: one["name"] for one in skills}
    begins = {skill: [skill, *leads_back(skill, helped.values())][-1] for skill in helped}
    counted = Counter(begins.values())
    first = max(counted, key=lambda one: (counted[one], helped[one]["urgency"] if one in helped else 0.0, one))
    name = names.get(first) or next(
        one["next_skill"]["name"] for one in helped.values() if one["next_skill"] and one["next_skill"]["id"] == first
    )
    others = counted[first] - (first in helped)
    age = min((one["days_since"] for one in helped.values() if one["days_since"] is not None), default=0.0)
    return Advice(len(helped), first, name, others, int(age) if age >= OLD else None)
