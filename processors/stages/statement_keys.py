"""By what a statement can be found: agents, activities, and the statement that it refers to.

xAPI 1.0.3, part 3, 2.1.3 (agent, activity, related_agents, related_activities).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from schemas.xapi.actor import IDENTIFIERS, learner_key

_Part = Mapping[str, Any]


class SearchKeys(NamedTuple):
    """Keys of one statement; the related ones without those that are in agents and activities already."""

    agents: list[str]
    activities: list[str]
    related_agents: list[str]
    related_activities: list[str]
    refers: str


def search_keys(statement: _Part) -> SearchKeys:
    """What the filters of GET statements match. Raises KeyError, TypeError, ValueError."""
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    context = statement.get("context") or {}
    agents = _people(statement["actor"])
    if kind in ("Agent", "Group"):
        agents += _people(target)
    activities = [target["id"]] if kind == "Activity" else []
    related_agents = _people(statement.get("authority")) + _context_people(context)
    related_activities = _context_activities(context)
    if kind == "SubStatement":
        inner = search_keys(target)
        related_agents += inner.agents + inner.related_agents
        related_activities += inner.activities + inner.related_activities
    return SearchKeys(
        list(dict.fromkeys(agents)),
        activities,
        [key for key in dict.fromkeys(related_agents) if key not in agents],
        [key for key in dict.fromkeys(related_activities) if key not in activities],
        target["id"].lower() if kind == "StatementRef" else "",
    )


def _people(actor: _Part | None) -> list[str]:
    """The key of an agent, or those of a group and of its members."""
    if not actor:
        return []
    found = [] if IDENTIFIERS.isdisjoint(actor) else [learner_key(actor)]
    if members := actor.get("member"):
        found += map(learner_key, members)
    return found


def _context_people(context: _Part) -> list[str]:
    found = _people(context.get("instructor")) + _people(context.get("team"))
    for part in context.get("contextAgents", ()):
        found += _people(part["agent"])
    for part in context.get("contextGroups", ()):
        found += _people(part["group"])
    return found


def _context_activities(context: _Part) -> list[str]:
    found: list[str] = []
    for related in context.get("contextActivities", {}).values():
        found += [activity["id"] for activity in (related if isinstance(related, list) else (related,))]
    return found
