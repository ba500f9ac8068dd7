"""Agents as Persons (xAPI 1.0.3, part 3, 2.4; IEEE 9274.1.1, 4.1.6.3)."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import orjson
import pytest

from tests.support.requirement import cases, requirement
from tests.support.statements import HOME, answered

PATH, STATEMENTS = "/xAPI/agents", "/xAPI/statements"


def identifier(name: str) -> Any:
    """One that no other test uses."""
    unique = uuid.uuid4().hex
    return {
        "mbox": f"mailto:{unique}@school.example",
        "mbox_sha1sum": unique + "01234567",
        "openid": f"https://{unique}.school.example/",
        "account": {"homePage": HOME, "name": unique},
    }[name]


def ask(client: httpx.Client, agent: dict[str, Any]) -> Any:
    answer = client.get(PATH, params={"agent": orjson.dumps(agent).decode()})
    assert answer.status_code == 200, answer.text
    return answer.json()


IDENTIFIERS = cases(("00239 00244", "mbox"), ("00240", "mbox_sha1sum"), ("00241", "openid"), ("00242", "account"))


@requirement("00236", "00237", "00238", "00245", "00246", "00248")
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_a_known_one_is_a_person_of_arrays(client: httpx.Client, name: str) -> None:
    agent = {name: identifier(name)}
    for called in ("Ada", "Ada L."):
        one = {**answered(), "actor": {"objectType": "Agent", "name": called, **agent}}
        assert client.post(STATEMENTS, json=one).status_code == 200
    found = ask(client, agent)
    assert sorted(found.pop("name")) == ["Ada", "Ada L."]
    assert found == {"objectType": "Person", name: [agent[name]]}


@requirement("00247")
def test_one_that_nobody_spoke_of_is_a_person_all_the_same(client: httpx.Client) -> None:
    agent = {"mbox": identifier("mbox")}
    assert ask(client, agent) == {"objectType": "Person", "mbox": [agent["mbox"]]}


@requirement("00243")
def test_it_asks_for_the_agent(client: httpx.Client) -> None:
    answer = client.get(PATH)
    assert (answer.status_code, answer.json()["field"]) == (400, "agent")


@requirement("00012", "00249")
@pytest.mark.parametrize("agent", ["", "ada", "{}", "[]", '{"mbox":"ada"}', '{"objectType":"Agent","name":"Ada"}'])
def test_what_is_no_agent(client: httpx.Client, agent: str) -> None:
    answer = client.get(PATH, params={"agent": agent})
    assert (answer.status_code, answer.json()["field"]) == (400, "agent")
