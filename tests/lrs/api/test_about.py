"""About (xAPI 1.0.3, part 3, 2.8): for anybody, with any version or none."""

from __future__ import annotations

import httpx
import pytest

from tests.support.server import Server

PATH = "/xAPI/about"


@pytest.mark.parametrize("headers", [{}, {"X-Experience-API-Version": "1.0.3"}, {"X-Experience-API-Version": "2.0.0"}])
def test_anybody_is_told_the_versions(server: Server, headers: dict[str, str]) -> None:
    answer = httpx.get(server.base + PATH, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"version": ["1.0.3", "2.0.0"]})
    assert answer.headers["X-Experience-API-Version"] == headers.get("X-Experience-API-Version", "2.0.0")
    assert httpx.head(server.base + PATH, headers=headers).status_code == 200


def test_what_it_does_not_know(server: Server) -> None:
    answer = httpx.get(server.base + PATH, params={"colour": "red"})
    assert (answer.status_code, answer.json()["field"]) == (400, "colour")
    assert httpx.put(server.base + PATH).status_code == 405
    assert httpx.get(server.base + PATH, headers={"X-Experience-API-Version": "0.95"}).status_code == 400
