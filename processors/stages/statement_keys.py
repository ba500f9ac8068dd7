"""By what a statement can be found: agents, activities, and the statement that it refers to.

xAPI 1.0.3, part 3, 2.1.3 (agent, activity, related_agents, related_activities).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from schemas.xapi.actor import IDENTIFIERS, learner_key

_PEOPLE = ("instructor", "team")
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
    agents = list(_people(statement["actor"]))
    if kind in ("Agent", "Group"):
        agents += _people(target)
    activities = [target["id"]] if kind == "Activity" else []
    related_agents = [*_people(statement.get("authority")), *_context_people(statement.get("context"))]
    related_activities = list(_context_activities(statement.get("context")))
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


def _people(actor: _Part | None) -> Iterable[str]:
    """The key of an agent, or those of a group and of its members."""
    if not actor:
        return
    if not IDENTIFIERS.isdisjoint(actor):
        yield learner_key(actor)
    for member in actor.get("member", ()):
        yield learner_key(member)


def _context_people(context: _Part | None) -> Iterable[str]:
    if not context:
        return
    for name in _PEOPLE:
        yield from _people(context.get(name))
    for part in context.get("contextAgents", ()):
        yield from _people(part["agent"])
    for part in context.get("contextGroups", ()):
        yield from _people(part["group"])


def _context_activities(context: _Part | None) -> Iterable[str]:
    for found in (context or {}).get("contextActivities", {}).values():
        for activity in found if isinstance(found, list) else [found]:
            yield activity["id"]
