"""Agents: all that is known of one, as a Person (xAPI 1.0.3, part 3, 2.4; IEEE 9274.1.1, 4.1.6.3)."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lrs.api.resource import resource
from lrs.api.xapi_parameters import Parameters
from lrs.auth.scopes import Scope
from lrs.http.api_parts import ApiParts, credential
from lrs.record.agent_names import AgentNames
from schemas.xapi.actor import IDENTIFIERS, learner_key

_AGENT_PARAMETERS = frozenset({"agent"})


async def _get_person(request: Request, parts: ApiParts, version: str) -> Response:
    who = await credential(request, Scope.STATEMENTS_READ, Scope.DEFINE)
    agent = Parameters(request, _AGENT_PARAMETERS).agent("agent")
    await parts.acknowledged.settle()
    names_of_learner = await run_in_threadpool(AgentNames(parts.store).of, who.tenant, learner_key(agent))
    return Response(orjson.dumps(person(agent, names_of_learner)), 200, media_type="application/json")


def person(agent: dict[str, Any], names_of_learner: list[str]) -> dict[str, Any]:
    """The Person of an agent: what it was asked for by, and every name it is known by."""
    person_object: dict[str, Any] = {"objectType": "Person"}
    if called := list(dict.fromkeys([*names_of_learner, *([agent["name"]] if "name" in agent else [])])):
        person_object["name"] = called
    return person_object | {name: [agent[name]] for name in sorted(IDENTIFIERS & agent.keys())}


routes = [resource("/xAPI/agents", {"GET": _get_person})]
