"""A client of each version, for all conformance tests."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.server import Server


@pytest.fixture(scope="package", params=["1.0.3", "2.0.0"])
def client(server: Server, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with server.client() as client:
        client.headers["X-Experience-API-Version"] = request.param
        yield client
