"""What statements say about their activities and agents: definitions and names.

An activity's definition is kept in its parts (a name in one language, an extension, …), each as the statement that was
stored last says it. So the canonical definition is the table's rows, whatever order statements were read in, and a tool
that sends a new definition with each statement makes no more of them (xAPI 1.0.3, part 2, 2.4.4.1; part 3, 2.4-2.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from schemas.exact_json import exact_json
from schemas.record import StoredFirst
from schemas.xapi.actor import IDENTIFIERS, learner_key

DEFINITION_TYPES = {
    "tenant": "LowCardinality(String)",
    "activity": "String",
    "part": "LowCardinality(String)",
    "key": "String",
    "value": "String",
    "version": "UInt128",
}
NAME_TYPES = {"tenant": "LowCardinality(String)", "agent": "String", "name": "String", "version": "UInt128"}
_UNITED_PARTS = ("name", "description", "extensions")  # united key by key
_SINGLE_PARTS = ("type", "moreInfo")
# One part: choices of one statement do not go with the correct response of another.
_INTERACTION = ("interactionType", "correctResponsesPattern", "choices", "scale", "source", "target", "steps")


class Descriptions:
    """What the statements of one batch say of activities and agents."""

    def __init__(self) -> None:
        self._definitions: dict[tuple[str, str, bytes], int] = {}
        self._names: dict[tuple[str, str, str], int] = {}

    def add(self, statement: Mapping[str, Any], tenant: str, origin: StoredFirst) -> None:
        """Take one statement in. Raises KeyError, TypeError, ValueError."""
        version = _order_stored(origin)
        for activity in described_activities(statement):
            if definition := activity.get("definition"):
                key = (tenant, activity["id"], exact_json(definition))
                if version > self._definitions.get(key, -1):
                    self._definitions[key] = version
        for agent in described_agents(statement):
            if name := agent.get("name"):
                called = (tenant, learner_key(agent), name)
                if version > self._names.get(called, -1):
                    self._names[called] = version

    def definitions(self) -> list[tuple[str, str, str, str, str, int]]:
        """Rows of the table `definitions`."""
        definition_rows: dict[tuple[str, str, str, str], tuple[str, int]] = {}
        # One statement may define an activity twice: which counts must not depend on the batch.
        definitions_in_order = sorted(self._definitions.items(), key=lambda item: (item[1], item[0][2]))
        for (tenant, activity, definition), version in definitions_in_order:
            for part, key, value in definition_parts(orjson.loads(definition)):
                definition_rows[tenant, activity, part, key] = (orjson.dumps(value).decode(), version)
        return [(*key, *row) for key, row in definition_rows.items()]

    def names(self) -> list[tuple[str, str, str, int]]:
        """Rows of the table `names`."""
        return [(*key, version) for key, version in self._names.items()]


def described_activities(statement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The activities of a statement: its object, its context's, and those of a statement within."""
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    described = [target] if kind == "Activity" else described_activities(target) if kind == "SubStatement" else []
    for related in (statement.get("context") or {}).get("contextActivities", {}).values():
        if isinstance(related, list):
            described += related
        else:
            described.append(related)
    return described


def described_agents(statement: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The agents and identified groups of a statement, members of groups included; not its authority."""
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    agents = [statement["actor"]]
    if context := statement.get("context"):
        agents += [context[name] for name in ("instructor", "team") if name in context]
        agents += [context_agent["agent"] for context_agent in context.get("contextAgents", ())]
        agents += [context_agent["group"] for context_agent in context.get("contextGroups", ())]
    if kind in ("Agent", "Group"):
        agents.append(target)
    named = described_agents(target) if kind == "SubStatement" else []
    for agent in agents:
        if not agent:
            continue
        if agent.get("objectType") == "Group":
            named += agent.get("member", ())
        if not IDENTIFIERS.isdisjoint(agent):
            named.append(agent)
    return named


def definition_parts(definition: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """A definition as (part, key within the part, value)."""
    for part in _UNITED_PARTS:
        for key, value in definition.get(part, {}).items():
            yield part, key, value
    for part in _SINGLE_PARTS:
        if part in definition:
            yield part, "", definition[part]
    if interaction := {name: definition[name] for name in _INTERACTION if name in definition}:
        yield "interaction", "", interaction


def _order_stored(origin: StoredFirst) -> int:
    """Which of two statements was stored later: by time, and for a tie by their positions."""
    return origin.stored << 76 | origin.partition << 64 | origin.sequence
