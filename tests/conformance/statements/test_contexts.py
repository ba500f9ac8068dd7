"""Contexts: activities in arrays; agents and groups of 2.0 (xAPI 1.0.3, part 2, 2.4.6; IEEE 9274.1.1, 4.2.2.5)."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.schemas.xapi.samples import ACTIVITY, ANN, CONTEXT_AGENT, CONTEXT_GROUP, SUB, about
from tests.support.requirement import cases, only, requirement
from tests.support.statements import answered

PATH = "/xAPI/statements"
AGENTS, GROUPS = "2.0:context-agents", "2.0:context-groups"


@requirement("00094", "00096")
@pytest.mark.parametrize("name", ["parent", "grouping", "category", "other"])
def test_a_single_activity_comes_back_in_an_array(client: httpx.Client, name: str) -> None:
    one = about(ACTIVITY, id=str(uuid.uuid4()), context={"contextActivities": {name: ACTIVITY}})
    two = about({**SUB, "context": one["context"]}, id=str(uuid.uuid4()))
    assert client.post(PATH, json=[one, two]).status_code == 200
    for id_, inner in ((one["id"], False), (two["id"], True)):
        found = client.get(PATH, params={"statementId": id_}).json()
        context = (found["object"] if inner else found)["context"]
        assert context["contextActivities"] == {name: [ACTIVITY]}


@only("2.0.0")
class TestAgentsAndGroups:
    @requirement(AGENTS, GROUPS)
    @pytest.mark.parametrize("inner", [False, True])
    def test_they_come_back_as_they_came(self, client: httpx.Client, inner: bool) -> None:
        context = {"contextAgents": [CONTEXT_AGENT], "contextGroups": [CONTEXT_GROUP]}
        one = about({**SUB, "context": context}) if inner else about(ACTIVITY, context=context)
        [id_] = client.post(PATH, json=one).json()
        found = client.get(PATH, params={"statementId": id_}).json()
        assert (found["object"] if inner else found)["context"] == context

    @pytest.mark.parametrize("inner", [False, True])
    @pytest.mark.parametrize(
        ("field", "context"),
        cases(
            (AGENTS, "contextAgents", {"contextAgents": CONTEXT_AGENT}),
            (AGENTS, "contextAgents.0.objectType", {"contextAgents": [{**CONTEXT_AGENT, "objectType": "Agent"}]}),
            (AGENTS, "contextAgents.0.agent", {"contextAgents": [{**CONTEXT_AGENT, "agent": {}}]}),
            (AGENTS, "contextAgents.0.relevantTypes", {"contextAgents": [{**CONTEXT_AGENT, "relevantTypes": []}]}),
            (AGENTS, "contextAgents.0.relevantTypes.0", {"contextAgents": [{**CONTEXT_AGENT, "relevantTypes": ["a"]}]}),
            (GROUPS, "contextGroups", {"contextGroups": CONTEXT_GROUP}),
            (GROUPS, "contextGroups.0.objectType", {"contextGroups": [{**CONTEXT_GROUP, "objectType": "Group"}]}),
            (GROUPS, "contextGroups.0.group.objectType", {"contextGroups": [{**CONTEXT_GROUP, "group": ANN}]}),
            (GROUPS, "contextGroups.0.relevantTypes", {"contextGroups": [{**CONTEXT_GROUP, "relevantTypes": []}]}),
            (GROUPS, "contextGroups.0.relevantTypes.0", {"contextGroups": [{**CONTEXT_GROUP, "relevantTypes": ["a"]}]}),
        ),
    )
    def test_what_breaks_the_form_is_named(
        self, client: httpx.Client, field: str, context: dict[str, Any], inner: bool
    ) -> None:
        one = about({**SUB, "context": context}) if inner else about(ACTIVITY, context=context)
        answer = client.post(PATH, json=one)
        assert (answer.status_code, answer.json()["field"]) == (400, f"{'object.' if inner else ''}context.{field}")


@only("1.0.3")
@requirement("1.0:no-context-agents")
@pytest.mark.parametrize("name", ["contextAgents", "contextGroups"])
def test_1_0_does_not_know_them(client: httpx.Client, name: str) -> None:
    answer = client.post(PATH, json=answered(context={name: []}))
    assert (answer.status_code, answer.json()["field"]) == (400, f"context.{name}")
