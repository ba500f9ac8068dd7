"""Agents of a running server (xAPI 1.0.3, part 3, 2.4; IEEE 9274.1.1, 4.1.6.3)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import orjson
import pytest

from tests.support.server import SECRET, Server
from tests.support.statements import HOME, answered, learner

PATH, STATEMENTS = "/xAPI/agents", "/xAPI/statements"


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as found:
        yield found


def ask(client: httpx.Client, agent: dict[str, Any]) -> Any:
    answer = client.get(PATH, params={"agent": orjson.dumps(agent).decode()})
    assert answer.status_code == 200, answer.text
    return answer.json()


def identified() -> list[dict[str, Any]]:
    """An agent of each identifier, unknown to any other test."""
    unique = uuid.uuid4().hex
    return [
        {"account": {"homePage": HOME, "name": f"it's {unique}"}},
        {"mbox": f"mailto:{unique}@x.example"},
        {"mbox_sha1sum": unique + "01234567"},
        {"openid": f"https://{unique}.x.example/"},
    ]


@pytest.mark.parametrize("which", range(4))
def test_one_that_nobody_spoke_of(client: httpx.Client, which: int) -> None:
    agent = identified()[which]
    (identifier,) = agent
    assert ask(client, agent) == {"objectType": "Person", identifier: [agent[identifier]]}
    assert ask(client, agent | {"name": "Ada"})["name"] == ["Ada"]


@pytest.mark.parametrize("which", range(4))
def test_every_name_the_latest_first(client: httpx.Client, which: int) -> None:
    agent = identified()[which]
    for name in ("Ada", "Ada L.", "Ada", "A. Lovelace"):
        assert client.post(STATEMENTS, json=answered() | {"actor": agent | {"name": name}}).status_code == 200
    assert ask(client, agent | {"name": "Countess"})["name"] == ["A. Lovelace", "Ada", "Ada L.", "Countess"]


def test_names_wherever_an_agent_stands(client: httpx.Client) -> None:
    actor, member, target, instructor, inner = [learner(f"l-{uuid.uuid4()}") for _ in range(5)]
    team = {"objectType": "Group", "account": {"homePage": HOME, "name": f"team-{uuid.uuid4()}"}}
    sent = answered() | {
        "actor": {"objectType": "Group", "member": [member | {"name": "Member"}]},
        "object": {
            "objectType": "SubStatement",
            "actor": inner | {"name": "Inner"},
            "verb": {"id": "http://x.example/met"},
            "object": target | {"name": "Target"},
        },
        "context": {
            "instructor": instructor | {"name": "Instructor"},
            "team": team | {"name": "Team", "member": [actor | {"name": "In the team"}]},
        },
    }
    assert client.post(STATEMENTS, json=sent).status_code == 200
    expected = [
        (member, "Member"),
        (inner, "Inner"),
        (target, "Target"),
        (instructor, "Instructor"),
        (team, "Team"),
        (actor, "In the team"),
    ]
    for agent, name in expected:
        assert ask(client, agent)["name"] == [name]


def test_context_agents_and_groups_of_2(client: httpx.Client) -> None:
    agent, group = learner(f"l-{uuid.uuid4()}"), {"objectType": "Group", "mbox": f"mailto:{uuid.uuid4()}@x.example"}
    context = {
        "contextAgents": [{"objectType": "contextAgent", "agent": agent | {"name": "Helper"}}],
        "contextGroups": [{"objectType": "contextGroup", "group": group | {"name": "Helpers"}}],
    }
    version = {"X-Experience-API-Version": "2.0.0"}
    answer = client.post(STATEMENTS, json=answered() | {"context": context}, headers=version)
    assert answer.status_code == 200, answer.text
    assert (ask(client, agent)["name"], ask(client, group)["name"]) == (["Helper"], ["Helpers"])


def test_tenants_are_apart(server: Server, client: httpx.Client) -> None:
    agent = learner(f"l-{uuid.uuid4()}")
    client.post(STATEMENTS, json=answered() | {"actor": agent | {"name": "Ada"}})
    with server.client("other", SECRET) as other:
        assert "name" not in ask(other, agent)


@pytest.mark.parametrize("agent", ["", "{", "7", "{}", '{"account":{"name":"x"}}', '{"mbox":"mailto:a@b.c","x":1}'])
def test_what_is_no_agent(client: httpx.Client, agent: str) -> None:
    answer = client.get(PATH, params={"agent": agent})
    assert (answer.status_code, answer.json()["field"]) == (400, "agent")


def test_parameters_and_credential(server: Server, client: httpx.Client) -> None:
    agent = orjson.dumps(learner("a")).decode()
    for params, field in (({}, "agent"), ({"agent": agent, "colour": "red"}, "colour"), ({"Agent": agent}, "Agent")):
        answer = client.get(PATH, params=params)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert client.put(PATH, params={"agent": agent}).status_code == 405
    version = {"X-Experience-API-Version": "2.0.0"}
    assert httpx.get(server.base + PATH, params={"agent": agent}, headers=version).status_code == 401
