"""The header X-Experience-API-Version (xAPI 1.0.3, part 3, 3.3; IEEE 9274.1.1, 4.1.2)."""

from __future__ import annotations

import httpx
import pytest

from tests.support.documents import ACTIVITY, AGENT, STATE, place
from tests.support.requirement import requirement
from tests.support.server import SECRET, Server
from tests.support.statements import HOME, answered

NAME = "X-Experience-API-Version"
STATEMENTS, ABOUT = "/xAPI/statements", "/xAPI/about"
PLACES = {
    STATEMENTS: {},
    STATE: place(STATE),
    AGENT: place(AGENT),
    ACTIVITY: place(ACTIVITY),
    "/xAPI/agents": {"agent": '{"mbox":"mailto:ada@school.example"}'},
    "/xAPI/activities": {"activityId": f"{HOME}/items/i1"},
}


@requirement("00140", "00333")
@pytest.mark.parametrize("path", [*PLACES, ABOUT])
def test_every_answer_says_the_latest_patch(client: httpx.Client, path: str) -> None:
    spoken = client.headers[NAME]
    for sent in (spoken, spoken[:3], f"{spoken[:3]}.0"):
        answer = client.get(path, params=PLACES.get(path), headers={NAME: sent})
        assert answer.status_code in (200, 404)
        assert answer.headers[NAME] == spoken


@requirement("00333")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{STATEMENTS}?colour=red", 400),
        ("DELETE", STATEMENTS, 405),
        ("PATCH", STATE, 405),
        ("POST", ABOUT, 405),
        ("GET", "/xAPI/nothing", 404),
    ],
)
def test_so_does_a_refusal(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers[NAME]) == (status, client.headers[NAME])


@requirement("00321", "00331")
@pytest.mark.parametrize("path", PLACES)
def test_a_request_without_it_is_refused(client: httpx.Client, path: str) -> None:
    with httpx.Client(base_url=client.base_url, auth=("tool", SECRET)) as silent:
        methods = ("GET",) if path in ("/xAPI/agents", "/xAPI/activities") else ("GET", "PUT", "POST")
        for method in methods:
            answer = silent.request(method, path, params=PLACES[path])
            assert (answer.status_code, answer.json()["field"]) == (400, NAME)


@requirement("00321", "00331")
def test_about_does_without(server: Server, client: httpx.Client) -> None:
    assert httpx.get(server.base + ABOUT).status_code == 200
    assert client.get(ABOUT).status_code == 200


@requirement("00331")
@pytest.mark.parametrize("version", ["", "0.95", "1.1", "1.0.x", "3.0.0", "2.1.0"])
def test_a_version_that_is_not_spoken_is_refused(client: httpx.Client, version: str) -> None:
    for method, content in (("GET", None), ("POST", answered())):
        answer = client.request(method, STATEMENTS, json=content, headers={NAME: version})
        assert (answer.status_code, answer.json()["field"]) == (400, NAME)
