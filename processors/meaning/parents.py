"""What an item is a part of, as its statement says, and which of that is a skill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from processors.meaning.tool import Tool
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.iris import ACROSSX_EXTENSIONS
from processors.meaning.vocabulary.types import ActivityRole, role_of

MOST_PARENTS_READ = 16
# The nearest first, and whether what is related so is what the object is a part of.
_RELATIONS = (("parent", True), ("grouping", True), ("category", False), ("other", False))
# Named once: Python 3.11 takes 0.1 µs to find a member through its class.
_SKILL, _PLACE, _ATTEMPT, _OTHER = (
    ActivityRole.SKILL,
    ActivityRole.PLACE,
    ActivityRole.ATTEMPT,
    ActivityRole.OTHER,
)
_ARTICULATE_TOOL = Tool.ARTICULATE
_GBLXAPI = tuple(f"https://w3id.org/xapi/gblxapi/extensions/{word}" for word in ("skill", "topic"))
_ALIGNMENT = ACROSSX_EXTENSIONS + "alignment"


class ActivitiesAround(NamedTuple):
    """The activities of a context: parents and groupings with their roles, and the skills and attempts among all.

    ids: the parents' alone.
    """

    parents: tuple[tuple[str, ActivityRole], ...]
    skills: tuple[str, ...]
    ids: tuple[str, ...]


def activities_around(facts: Facts, tool: Tool) -> ActivitiesAround:
    """The activities around the object: at most MOST parents, the nearest first."""
    context_activities: Mapping[str, Any] = facts.context.get("contextActivities") or {}
    parents: dict[str, ActivityRole] = {}
    skills: dict[str, None] = {}
    for relation, contains in _RELATIONS:
        related = context_activities.get(relation)
        if not related:
            continue
        for activity in related if isinstance(related, list) else (related,):
            definition = activity.get("definition")
            role = role_of(definition.get("type") or "") if definition else _OTHER
            # An objective of Articulate is a slide that sums its questions up.
            if role is _SKILL and tool is not _ARTICULATE_TOOL:
                skills[activity["id"]] = None
            # Moodle's logstore up to 4.7 names a quiz attempt among the others.
            elif (contains or role is _ATTEMPT) and role is not _PLACE and len(parents) < MOST_PARENTS_READ:
                parents.setdefault(activity["id"], role)
    if facts.described or any(extension in facts.extensions for extension in _GBLXAPI):
        skills |= dict.fromkeys(_extensions(facts))
    return ActivitiesAround(tuple(parents.items()), tuple(skills), tuple(parents))


def _extensions(facts: Facts) -> Iterator[str]:
    """Skills that extensions name: GBLxAPI's skill and topic, and acrossX's alignment of the activity."""
    for extension in _GBLXAPI:
        value = facts.extensions.get(extension)
        for skill in value if isinstance(value, list) else (value,):
            named = skill.get("id") if isinstance(skill, dict) else skill
            if isinstance(named, str) and named:
                yield named
    aligned = facts.described.get(_ALIGNMENT)
    if isinstance(aligned, str) and aligned:
        yield aligned
