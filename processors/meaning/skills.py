"""What an item teaches: wherever that is said, in a fixed order.

1. Typed activities of the context (skills, competencies, objectives, standards), and extensions that name skills.
2. The object itself, where it is one of those.
3. The objectives of the cmi5 unit.
4. The catalog's entry of the item, then its patterns.
5. The entries and patterns of what the item is a part of, the nearest first.
6. The unit as a provisional skill, where the tenant wants that.

The first that says something decides.
"""

from __future__ import annotations

from typing import NamedTuple

from processors.meaning.parents import ActivitiesAround
from processors.meaning.tool import Tool
from processors.meaning.vocabulary.facts import Facts
from processors.meaning.vocabulary.types import ActivityRole
from schemas.catalog import Catalog
from schemas.observation import Kind

_JUDGING = frozenset({Kind.ATTEMPT, Kind.SCORE, Kind.COMPLETION})
_UNITS = frozenset({ActivityRole.WHOLE, ActivityRole.UNIT, ActivityRole.WORK, ActivityRole.MEDIA})
# Named once: Python 3.11 takes 0.1 µs to find a member through its class.
_SKILL, _ARTICULATE = ActivityRole.SKILL, Tool.ARTICULATE


class TaughtSkills(NamedTuple):
    """Skills, the catalog's threshold for the share of the marks, and whether the skills are only the unit's."""

    skills: tuple[str, ...]
    threshold: float | None
    provisional: bool = False


def what_is_taught(
    kind: Kind, item: str, facts: Facts, around: ActivitiesAround, tool: Tool, catalog: Catalog
) -> TaughtSkills:
    """What the item teaches."""
    skills = around.skills
    if not skills and facts.role is _SKILL and tool is not _ARTICULATE:
        skills = (item,)
    threshold: float | None = None
    learned: tuple[str, ...] = ()
    if catalog.teaches:
        parents = catalog.parents(item, around.ids)
        platform = facts.context.get("platform") or ""
        learned, threshold = catalog.lookup(item, facts.type, platform, parents)
    if skills:
        return TaughtSkills(skills, threshold)
    if learned:
        return TaughtSkills(learned, threshold)
    if kind in _JUDGING and catalog.reading.provisional:
        unit = _unit(item, facts, around) or next(iter(catalog.parents(item, ())), "")
        if unit:
            return TaughtSkills((unit,), threshold, True)
    return TaughtSkills((), threshold)


def _unit(item: str, facts: Facts, around: ActivitiesAround) -> str:
    """The nearest part of a course that the item is in, the item itself if it is one, else the course."""
    if facts.role in _UNITS or facts.role is ActivityRole.ATTEMPT:
        return item
    parents = [(id_, role) for id_, role in around.parents if role is not ActivityRole.ATTEMPT]
    for id_, role in parents:
        if role is not ActivityRole.COURSE and role is not ActivityRole.ITEM:
            return id_
    return next((id_ for id_, role in parents if role is ActivityRole.COURSE), "")
