"""What an item is a part of, as its statement says, and which of that is a skill."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from processors.meaning.tool import Tool
from processors.meaning.vocabulary.facts import Facts, activities
from processors.meaning.vocabulary.iris import ACROSSX_EXTENSIONS
from processors.meaning.vocabulary.types import Role, role_of

MOST = 16
_RELATIONS = ("parent", "grouping", "category", "other")  # the nearest first
_PARENTS = frozenset({"parent", "grouping"})
_GBLXAPI = "https://w3id.org/xapi/gblxapi/extensions/"
_ALIGNMENT = ACROSSX_EXTENSIONS + "alignment"


class Around(NamedTuple):
    """The activities of a context: parents and groupings with their roles, and the skills among all of them."""

    parents: tuple[tuple[str, Role], ...]
    skills: tuple[str, ...]


def around(facts: Facts, tool: Tool) -> Around:
    """The activities around the object: at most MOST parents, the nearest first."""
    found = facts.context.get("contextActivities")
    parents: dict[str, Role] = {}
    skills: dict[str, None] = {}
    for relation in _RELATIONS if found else ():
        for activity in activities(facts.context, relation):
            definition = activity.get("definition")
            role = role_of(definition.get("type") or "") if definition else Role.OTHER
            # An objective of Articulate is a slide that sums its questions up.
            if role is Role.SKILL and tool is not Tool.ARTICULATE:
                skills[activity["id"]] = None
            elif relation in _PARENTS and role is not Role.PLACE and len(parents) < MOST:
                parents.setdefault(activity["id"], role)
    for skill in _extensions(facts):
        skills[skill] = None
    return Around(tuple(parents.items()), tuple(skills))


def _extensions(facts: Facts) -> Iterator[str]:
    """Skills that extensions name: GBLxAPI's skill and topic, and acrossX's alignment of the activity."""
    extensions = facts.context.get("extensions") or {}
    for word in ("skill", "topic"):
        value = extensions.get(_GBLXAPI + word)
        for one in value if isinstance(value, list) else (value,):
            named = one.get("id") if isinstance(one, dict) else one
            if isinstance(named, str) and named:
                yield named
    aligned = (facts.definition.get("extensions") or {}).get(_ALIGNMENT)
    if isinstance(aligned, str) and aligned:
        yield aligned
