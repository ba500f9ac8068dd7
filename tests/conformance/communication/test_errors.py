"""Errors by their codes (xAPI 1.0.3, part 3, 3.2; IEEE 9274.1.1, 4.1.5)."""

from __future__ import annotations

import httpx
import orjson
import pytest

from lrs.http.body import MOST_BODY_BYTES
from tests.conformance.documents import stands
from tests.support.documents import ACTIVITY, AGENT, STATE, place
from tests.support.requirement import requirement
from tests.support.statements import HOME, answered

PATH = "/xAPI/statements"
PLACES = {
    PATH: {"limit": "1"},
    STATE: place(STATE),
    AGENT: place(AGENT),
    ACTIVITY: place(ACTIVITY),
    "/xAPI/agents": {"agent": '{"mbox":"mailto:ada@school.example"}'},
    "/xAPI/activities": {"activityId": f"{HOME}/items/i1"},
    "/xAPI/about": {},
}


@requirement("00324")
@pytest.mark.parametrize("path", PLACES)
def test_a_parameter_that_is_not_known(client: httpx.Client, path: str) -> None:
    answer = client.get(path, params=PLACES[path] | {"colour": "red"})
    assert (answer.status_code, answer.json()["field"]) == (400, "colour")


@requirement("00325")
@pytest.mark.parametrize("path", [path for path, at in PLACES.items() if at])
def test_a_parameter_in_another_case(client: httpx.Client, path: str) -> None:
    for name, value in PLACES[path].items():
        others = {k: v for k, v in PLACES[path].items() if k != name}
        answer = client.get(path, params=others | {name.upper(): value})
        assert (answer.status_code, answer.json()["field"]) == (400, name.upper())


@requirement("00328")
def test_what_is_too_large(client: httpx.Client) -> None:
    one = answered()
    one["result"]["response"] = "x" * MOST_BODY_BYTES
    answer = client.post(PATH, content=orjson.dumps(one), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["field"]) == (413, "body")
    assert client.get(PATH, params={"statementId": one["id"]}).status_code == 404


@requirement("00182")
@pytest.mark.parametrize("path", [STATE, AGENT, ACTIVITY])
def test_a_refused_request_leaves_documents_as_they_were(client: httpx.Client, path: str) -> None:
    at = place(path)
    assert client.post(path, params=at, json={"a": 1}).status_code == 204
    for method, content, status in (("POST", b"[1]", 400), ("PUT", b"{}", 412)):
        headers = {"Content-Type": "application/json"} | ({"If-None-Match": "*"} if method == "PUT" else {})
        assert client.request(method, path, params=at, content=content, headers=headers).status_code == status
        assert stands(client, path, at) == b'{"a":1}'
