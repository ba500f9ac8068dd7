"""Activities of a running server (xAPI 1.0.3, part 3, 2.5; IEEE 9274.1.1, 4.1.6.4)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.server import SECRET, Server
from tests.support.statements import answered

PATH, STATEMENTS = "/xAPI/activities", "/xAPI/statements"


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as found:
        yield found


@pytest.fixture
def activity() -> str:
    """An IRI that no other test uses, with what a query must not trip over."""
    return f"https://x.example/é/it's?a=%25&b={uuid.uuid4()}"


def say(client: httpx.Client, activity: str, *definitions: dict[str, Any]) -> None:
    for definition in definitions:
        sent = answered("ada") | {"object": {"id": activity, "definition": definition}}
        assert client.post(STATEMENTS, json=sent).status_code == 200


def test_one_that_nobody_defined(client: httpx.Client, activity: str) -> None:
    answer = client.get(PATH, params={"activityId": activity})
    assert (answer.status_code, answer.json()) == (200, {"objectType": "Activity", "id": activity})


def test_the_whole_definition(client: httpx.Client, activity: str) -> None:
    definition = {
        "name": {"en": "Fractions", "de": "Brüche"},
        "description": {"en": "Halves and thirds"},
        "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
        "moreInfo": "https://x.example/more",
        "interactionType": "choice",
        "correctResponsesPattern": ["a[,]b"],
        "choices": [{"id": "b", "description": {"en": "two"}}, {"id": "a", "description": {"en": "one"}}],
        "extensions": {"https://x.example/e": {"deep": [1, None, 2.5, "x"]}},
    }
    say(client, activity, definition)
    found = client.get(PATH, params={"activityId": activity}).json()
    assert found == {"objectType": "Activity", "id": activity, "definition": definition}
    head = client.head(PATH, params={"activityId": activity})
    assert (head.status_code, head.content) == (200, b"")


def test_languages_are_united_and_the_latest_wins(client: httpx.Client, activity: str) -> None:
    e1, e2 = "https://x.example/1", "https://x.example/2"
    say(
        client,
        activity,
        {"name": {"en": "old", "fr": "vieux"}, "type": "https://x.example/old", "extensions": {e1: 1, e2: 1}},
        {"name": {"en": "new"}, "description": {"en": "d"}, "extensions": {e2: [2]}},
        {"interactionType": "choice", "choices": [{"id": "a"}], "type": "https://x.example/new"},
        {"interactionType": "numeric", "correctResponsesPattern": ["7"]},
    )
    assert client.get(PATH, params={"activityId": activity}).json()["definition"] == {
        "name": {"en": "new", "fr": "vieux"},
        "description": {"en": "d"},
        "type": "https://x.example/new",
        "interactionType": "numeric",  # and no choices, which would not go with it
        "correctResponsesPattern": ["7"],
        "extensions": {e1: 1, e2: [2]},
    }


def test_activities_of_contexts_and_statements_within(client: httpx.Client) -> None:
    ids = [f"https://x.example/{uuid.uuid4()}" for _ in range(4)]
    parent, category, inner, other = [{"id": id_, "definition": {"name": {"en": str(n)}}} for n, id_ in enumerate(ids)]
    sent = answered("ada") | {"context": {"contextActivities": {"parent": parent, "category": [category]}}}
    sent["object"] = {
        "objectType": "SubStatement",
        "actor": sent["actor"],
        "verb": sent["verb"],
        "object": inner,
        "context": {"contextActivities": {"other": [other]}},
    }
    assert client.post(STATEMENTS, json=sent).status_code == 200
    for n, id_ in enumerate(ids):
        found = client.get(PATH, params={"activityId": id_}).json()
        assert found["definition"] == {"name": {"en": str(n)}}


def test_tenants_are_apart(server: Server, client: httpx.Client, activity: str) -> None:
    say(client, activity, {"name": {"en": "mine"}})
    with server.client("other", SECRET) as other:
        assert "definition" not in other.get(PATH, params={"activityId": activity}).json()
        say(other, activity, {"name": {"de": "ihre"}})
    assert client.get(PATH, params={"activityId": activity}).json()["definition"] == {"name": {"en": "mine"}}


@pytest.mark.parametrize("value", ["", "relative", "https://x.example/a b"])
def test_what_is_no_activity(client: httpx.Client, value: str) -> None:
    answer = client.get(PATH, params={"activityId": value})
    assert (answer.status_code, answer.json()["field"]) == (400, "activityId")


def test_parameters_and_credential(server: Server, client: httpx.Client, activity: str) -> None:
    for params, field in (({}, "activityId"), ({"activityId": activity, "colour": "red"}, "colour")):
        answer = client.get(PATH, params=params)
        assert (answer.status_code, answer.json()["field"]) == (400, field)
    answer = client.get(f"{PATH}?activityId=https://a.example&activityId=https://b.example")
    assert (answer.status_code, answer.json()["field"]) == (400, "activityId")
    assert client.put(PATH, params={"activityId": activity}).status_code == 405
    version = {"X-Experience-API-Version": "2.0.0"}
    assert httpx.get(server.base + PATH, params={"activityId": activity}, headers=version).status_code == 401
