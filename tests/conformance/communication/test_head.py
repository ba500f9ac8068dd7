"""HEAD (xAPI 1.0.3, part 3, 1.1): what GET answers, without a body."""

from __future__ import annotations

import httpx
import pytest

from tests.conformance.documents import put
from tests.support.documents import ACTIVITY, AGENT, STATE, place, shelf
from tests.support.requirement import requirement
from tests.support.statements import HOME, answered

ADA = {"agent": '{"mbox":"mailto:ada@school.example"}'}
OTHERS = {"/xAPI/about": {}, "/xAPI/agents": ADA, "/xAPI/activities": {"activityId": f"{HOME}/items/i1"}}


def compare(client: httpx.Client, path: str, at: dict[str, str], status: int = 200) -> None:
    got, head = client.get(path, params=at), client.head(path, params=at)
    assert (got.status_code, head.status_code, head.content) == (status, status, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Last-Modified", "X-Experience-API-Version"):
        assert head.headers.get(name) == got.headers.get(name), name


@requirement("00125", "00126")
@pytest.mark.parametrize("path", OTHERS)
def test_of_what_is_only_read(client: httpx.Client, path: str) -> None:
    compare(client, path, OTHERS[path])


@requirement("00125", "00126")
@pytest.mark.parametrize("path", [STATE, AGENT, ACTIVITY])
def test_of_documents(client: httpx.Client, path: str) -> None:
    at = place(path)
    compare(client, path, at, 404)
    put(client, path, at, b"seven b")
    compare(client, path, at)
    compare(client, path, shelf(path))


@requirement("00125", "00126")
def test_of_statements(client: httpx.Client) -> None:
    one = answered()
    assert client.post("/xAPI/statements", json=one).status_code == 200
    compare(client, "/xAPI/statements", {"statementId": one["id"]})
    compare(client, "/xAPI/statements", {"limit": "1"})
    compare(client, "/xAPI/statements", {"limit": "x"}, 400)
