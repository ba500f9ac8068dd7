"""What requests hold is counted: within a limit they are answered, beyond it they are asked to come back."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from lrs.http import body, errors
from lrs.http.request_memory import RequestMemory

SIZE = 1000


def test_those_together_are_within_the_limit() -> None:
    gate = asyncio.Event()

    async def read(request: Request) -> PlainTextResponse:
        found = await body.read_body(request, factor=3)
        await gate.wait()
        return PlainTextResponse(str(len(found)))

    app = Starlette(routes=[Route("/", read, methods=["POST"])])
    errors.answer_errors(app)
    limited: Any = RequestMemory(app, most=10 * SIZE)

    async def play() -> tuple[list[httpx.Response], httpx.Response]:
        transport = httpx.ASGITransport(limited)
        async with httpx.AsyncClient(transport=transport, base_url="http://pacer.example") as client:
            several = [asyncio.create_task(client.post("/", content=b"x" * SIZE)) for _ in range(5)]
            await asyncio.sleep(0.1)
            gate.set()
            answers = await asyncio.gather(*several)
            return answers, await client.post("/", content=b"x" * 3 * SIZE)

    answers, later = asyncio.run(play())
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 503, 503]
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["retry-after"] == "1"
    assert later.status_code == 200  # what the others held was given back
