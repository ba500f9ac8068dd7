"""What somebody who teaches a learner does about all the skills that need help: one thing first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from lrs.pacing.attention import unmastered_before
from schemas.decision import Decision

LONG_AGO_DAYS = 7.0  # if nothing was tried for so long, one talks before one explains


class Advice(NamedTuple):
    """How many skills need help, the one to begin with, and which of the others come after it, by name.

    days: since any of them was tried, where that is long ago.
    """

    need_help: int
    skill: str
    name: str
    others: tuple[str, ...]
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
    helped = {cell["skill"]: cell for cell in skills if cell["decision"] == Decision.HELP}
    if not helped:
        return None
    needed = {skill: {skill, *unmastered_before(skill, skills)} for skill in helped}

    def needing(first: str) -> list[str]:
        return [skill for skill in helped if first in needed[skill]]

    helped_by = {group_skill: after for group_skill in grouped if (after := needing(group_skill))}
    if decided := [skill for skill in helped if helped[skill]["overruled"]]:
        first_skill = max(decided, key=lambda decided_skill: (helped[decided_skill]["overruled"]["at"], decided_skill))
        helped_by = {first_skill: needing(first_skill)}
    elif helped_by:
        first_skill = next(iter(helped_by))
    else:
        helped_by = {}
        for skill in helped:
            helped_by.setdefault(_begins_with(skill, helped), []).append(skill)
        first_skill = max(
            helped_by,
            key=lambda leading_skill: (
                len(helped_by[leading_skill]),
                helped[leading_skill]["urgency"] if leading_skill in helped else 0.0,
                leading_skill,
            ),
        )
    names = _skill_names(skills)
    others = tuple(names[skill] for skill in helped_by[first_skill] if skill != first_skill)
    age = min((cell["days_since"] for cell in helped.values() if cell["days_since"] is not None), default=0.0)
    long_ago = int(age) if age >= LONG_AGO_DAYS else None
    return Advice(len(helped), first_skill, names[first_skill], others, long_ago)


def help_and_what_is_before(skills: Sequence[Mapping[str, Any]]) -> set[str]:
    """What needs help, and all that comes before it and is not mastered."""
    helped = [cell["skill"] for cell in skills if cell["decision"] == Decision.HELP]
    return {*helped, *(before for skill in helped for before in unmastered_before(skill, skills))}


def _begins_with(skill: str, helped: Mapping[str, Mapping[str, Any]]) -> str:
    """Where the decisions of help lead back to from a skill, one after the other."""
    visited_skills = {skill}
    while skill in helped and helped[skill]["next_skill"]:
        skill = helped[skill]["next_skill"]["id"]
        if skill in visited_skills:
            break
        visited_skills.add(skill)
    return skill


def _skill_names(skills: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What skills are called, those too that only come before others."""
    names: dict[str, str] = {}
    for cell in skills:
        names |= {before["skill"]: before["name"] for before in cell["evidence"].get("prerequisites", ())}
        if cell["next_skill"]:
            names[cell["next_skill"]["id"]] = cell["next_skill"]["name"]
    return names | {cell["skill"]: cell["name"] for cell in skills}
