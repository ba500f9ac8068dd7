"""What somebody who teaches a learner does about all the skills that need help: one thing first. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from lrs.pacing.attention import unmastered_before
from schemas.decision import Decision

LONG_AGO_DAYS = 7.0  # if nothing was tried for so long, one talks before one explains


class Advice(NamedTuple):
    """How many skills need help, the one to begin with, and how many of the others come after it.

    days: since any of them was tried, where that is long ago.
    """

    need_help: int
    skill: str
    name: str
    others: int
    days: int | None


def advise(skills: Sequence[Mapping[str, Any]], grouped: Collection[str] = ()) -> Advice | None:
    """The advice on a learner's skills, as a page has them; None where none needs help.

    The skill to begin with is the first of these that there is:

    1. the skill that a person decided last to need help;
    2. a skill that a group of the learner works on, if it needs help or comes before one that does;
    3. the skill that the most skills in need of help lead back to, by what comes before them and is not mastered.

    It is never a skill that a person decided to need no help. grouped: the skills of the learner's groups; the first
    that fits is taken.
    """
    helped = {one["skill"]: one for one in skills if one["decision"] == Decision.HELP}
    if not helped:
        return None
    needed = [{skill, *unmastered_before(skill, skills)} for skill in helped]
    by_group = {one: sum(one in skills_ for skills_ in needed) for one in grouped}
    helped_by = {one: count for one, count in by_group.items() if count}
    if decided := [skill for skill in helped if helped[skill]["overruled"]]:
        first = max(decided, key=lambda one: (helped[one]["overruled"]["at"], one))
        helped_by = {first: sum(first in skills_ for skills_ in needed)}
    elif helped_by:
        first = next(iter(helped_by))
    else:
        helped_by = Counter(_begins_with(skill, helped) for skill in helped)
        first = max(helped_by, key=lambda one: (helped_by[one], helped[one]["urgency"] if one in helped else 0.0, one))
    name = _names(skills)[first]
    others = helped_by[first] - (first in helped)
    age = min((one["days_since"] for one in helped.values() if one["days_since"] is not None), default=0.0)
    return Advice(len(helped), first, name, others, int(age) if age >= LONG_AGO_DAYS else None)


def help_and_what_is_before(skills: Sequence[Mapping[str, Any]]) -> set[str]:
    """What needs help, and all that comes before it and is not mastered."""
    helped = [one["skill"] for one in skills if one["decision"] == Decision.HELP]
    return {*helped, *(before for skill in helped for before in unmastered_before(skill, skills))}


def _begins_with(skill: str, helped: Mapping[str, Mapping[str, Any]]) -> str:
    """Where the decisions of help lead back to from a skill, one after the other."""
    seen = {skill}
    while skill in helped and helped[skill]["next_skill"]:
        skill = helped[skill]["next_skill"]["id"]
        if skill in seen:
            break
        seen.add(skill)
    return skill


def _names(skills: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What skills are called, those too that only come before others."""
    found: dict[str, str] = {}
    for one in skills:
        found |= {before["skill"]: before["name"] for before in one["evidence"].get("prerequisites", ())}
        if one["next_skill"]:
            found[one["next_skill"]["id"]] = one["next_skill"]["name"]
    return found | {one["skill"]: one["name"] for one in skills}
