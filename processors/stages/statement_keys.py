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
    agents = _people(statement["actor"])
    activities: list[str] = []
    if kind == "Activity":
        activities.append(target["id"])
    elif kind in ("Agent", "Group"):
        agents += _people(target)
    related_agents = _people(statement.get("authority"))
    related_activities: list[str] = []
    if context := statement.get("context"):
        related_agents += _context_people(context)
        related_activities += _context_activities(context)
    if kind == "SubStatement":
        inner = search_keys(target)
        related_agents += inner.agents + inner.related_agents
        related_activities += inner.activities + inner.related_activities
    return SearchKeys(
        agents if len(agents) < 2 else list(dict.fromkeys(agents)),
        activities,
        _without_those_named(related_agents, agents),
        _without_those_named(related_activities, activities),
        target["id"].lower() if kind == "StatementRef" else "",
    )


def _without_those_named(related: list[str], named: list[str]) -> list[str]:
    """The related keys, each once, without those that are named already."""
    if len(related) == 1:
        return [] if related[0] in named else related
    return [key for key in dict.fromkeys(related) if key not in named]


def _people(actor: _Part | None) -> list[str]:
    """The key of an agent, or those of a group and of its members."""
    if not actor:
        return []
    agent_keys = [] if IDENTIFIERS.isdisjoint(actor) else [learner_key(actor)]
    if "member" in actor and (members := actor["member"]):
        agent_keys += map(learner_key, members)
    return agent_keys


def _context_people(context: _Part) -> list[str]:
    agent_keys: list[str] = []
    for name in ("instructor", "team"):
        if name in context:
            agent_keys += _people(context[name])
    for context_agent in context.get("contextAgents", ()):
        agent_keys += _people(context_agent["agent"])
    for context_agent in context.get("contextGroups", ()):
        agent_keys += _people(context_agent["group"])
    return agent_keys


def _context_activities(context: _Part) -> list[str]:
    activity_ids: list[str] = []
    for related in context.get("contextActivities", {}).values():
        activity_ids += [activity["id"] for activity in (related if isinstance(related, list) else (related,))]
    return activity_ids
