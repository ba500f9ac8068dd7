"""Documents as tests put, read and name them."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator

import httpx
import orjson
import pytest

from tests.support.server import Server
from tests.support.statements import HOME, learner

STATE, AGENT, ACTIVITY = "/xAPI/activities/state", "/xAPI/agents/profile", "/xAPI/activities/profile"
IDS = {STATE: "stateId", AGENT: "profileId", ACTIVITY: "profileId"}
PATHS = list(IDS)
VERSIONS = ["1.0.3", "2.0.0"]
WRITERS = 16
NEW = {"If-None-Match": "*"}
TEXT = {"Content-Type": "text/plain"}


def of_version(request: pytest.FixtureRequest, server: Server) -> Iterator[httpx.Client]:
    """A client of the server, for a fixture whose parameters are versions of the API."""
    with server.client() as found:
        found.headers["X-Experience-API-Version"] = request.param
        yield found


def version(client: httpx.Client) -> str:
    return client.headers["X-Experience-API-Version"]


def shelf(path: str) -> dict[str, str]:
    """Parameters of a shelf that no other test uses."""
    activity = {"activityId": f"{HOME}/activities/{uuid.uuid4()}"}
    agent = {"agent": orjson.dumps(learner(f"l-{uuid.uuid4()}")).decode()}
    return {STATE: activity | agent, AGENT: agent, ACTIVITY: activity}[path]


def place(path: str) -> dict[str, str]:
    """Parameters of a document that no other test uses."""
    return shelf(path) | {IDS[path]: f"id {uuid.uuid4()}"}


def etag(data: bytes) -> str:
    return f'"{hashlib.sha1(data).hexdigest()}"'


def put(client: httpx.Client, path: str, at: dict[str, str], data: bytes, headers: dict[str, str] = NEW) -> None:
    answer = client.put(path, params=at, content=data, headers=TEXT | headers)
    assert answer.status_code == 204, answer.text


def stored(client: httpx.Client, path: str, at: dict[str, str]) -> bytes:
    answer = client.get(path, params=at)
    assert answer.status_code == 200, answer.text
    return answer.content
