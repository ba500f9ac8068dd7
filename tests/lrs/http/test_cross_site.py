"""Which requests may bear a login that a browser added for a page of another site."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lrs.http.cross_site import AmbientLogins, is_ambient

TRUSTED, STRANGER = "https://player.example", "https://stranger.example"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CROSS = {"Sec-Fetch-Site": "cross-site", "Origin": STRANGER}


def ambient(method: str = "POST", **headers: str) -> bool:
    async def show(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(is_ambient(request)))

    app = AmbientLogins(Starlette(routes=[Route("/", show, methods=["GET", "POST", "PUT", "DELETE"])]), [TRUSTED])

    async def send() -> httpx.Response:
        transport: Any = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://pacer.example") as client:
            return await client.request(method, "/", headers=headers)

    return asyncio.run(send()).text == "True"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        CROSS,
        CROSS | FORM,
        CROSS | {"Content-Type": "text/plain;charset=UTF-8"},
        {"Origin": STRANGER},
        {"Origin": "null"},
        {"Origin": "https://pacer.example:444"},
    ],
    ids=str,
)
def test_pages_of_other_sites(method: str, headers: dict[str, str]) -> None:
    assert ambient(method, **headers)
    assert not ambient("GET", **headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        FORM,
        {"Sec-Fetch-Site": "same-origin"} | FORM,
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://pacer.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": TRUSTED} | FORM,
        CROSS | {"Content-Type": "application/json"},
        CROSS | {"X-Experience-API-Version": "1.0.3"},
        CROSS | {"If-Match": "*"},
    ],
    ids=str,
)
def test_everybody_else(headers: dict[str, str]) -> None:
    """Programs, pages of this origin, configured origins, and what browsers ask first for."""
    assert not ambient(**headers)
