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
    helped = {cell["skill"]: cell for cell in skills if cell["decision"] == Decision.HELP}
    if not helped:
        return None
    needed = [{skill, *unmastered_before(skill, skills)} for skill in helped]
    by_group = {group_skill: sum(group_skill in skills_ for skills_ in needed) for group_skill in grouped}
    helped_by = {group_skill: count for group_skill, count in by_group.items() if count}
    if decided := [skill for skill in helped if helped[skill]["overruled"]]:
        first_skill = max(decided, key=lambda decided_skill: (helped[decided_skill]["overruled"]["at"], decided_skill))
        helped_by = {first_skill: sum(first_skill in skills_ for skills_ in needed)}
    elif helped_by:
        first_skill = next(iter(helped_by))
    else:
        helped_by = Counter(_begins_with(skill, helped) for skill in helped)
        first_skill = max(
            helped_by,
            key=lambda leading_skill: (
                helped_by[leading_skill],
                helped[leading_skill]["urgency"] if leading_skill in helped else 0.0,
                leading_skill,
            ),
        )
    name = _skill_names(skills)[first_skill]
    other_skills = helped_by[first_skill] - (first_skill in helped)
    age = min((cell["days_since"] for cell in helped.values() if cell["days_since"] is not None), default=0.0)
    return Advice(len(helped), first_skill, name, other_skills, int(age) if age >= LONG_AGO_DAYS else None)


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
