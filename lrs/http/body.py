"""Read a request's body, up to a limit of its size and of its nesting."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import IO

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from lrs.http.errors import HttpError
from lrs.http.request_memory import FACTOR, MOST_PARSED, hold_memory
from schemas.wording import worded
from schemas.xapi.body import BOM, DEEPEST, too_deep

MOST_BODY_BYTES = 8 << 20
SMALLER = worded("send smaller batches")
MOST_VALUES = 50_000  # of a body that is checked as a whole: each that is wrong is an object of 1 KB


async def read_body(request: Request, most: int = MOST_BODY_BYTES, factor: int = 1, advice: str = SMALLER) -> bytes:
    """The body. `factor`: how many times its size it is going to need. `advice`: what to do where it is too large.

    Raises HttpError (413, 400 when the client went away half-way, 503 when too much is held already).
    """
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > most:
        raise _too_large(most, advice)
    body_parts: list[bytes] = []
    body_bytes = 0
    try:
        async for part in request.stream():
            body_bytes += len(part)
            if body_bytes > most:
                raise _too_large(most, advice)
            hold_memory(request.scope, len(part), factor)
            body_parts.append(part)
    except ClientDisconnect as error:
        raise _incomplete() from error
    return b"".join(body_parts)


async def body_pieces(request: Request, most: int, refusal: str) -> AsyncGenerator[bytes, None]:
    """The body as it comes. `refusal`: what is said of one larger than `most` bytes.

    Raises HttpError (413, 400 when the client went away half-way).
    """
    body_bytes = 0
    try:
        async for part in request.stream():
            body_bytes += len(part)
            if body_bytes > most:
                raise HttpError(413, refusal, "body")
            yield part
    except ClientDisconnect as error:
        raise _incomplete() from error


async def spool_body(request: Request, file: IO[bytes], most: int, refusal: str) -> None:
    """Write the body into a file, which stays open. Raises as `body_pieces`."""
    async for part in body_pieces(request, most, refusal):
        await run_in_threadpool(file.write, part)


async def read_json(request: Request) -> bytes:
    """A JSON body that becomes objects as a whole, no deeper than statements may be. Raises as `read_body`."""
    json_body = (await read_body(request, MOST_PARSED, FACTOR)).removeprefix(BOM)
    if json_body.count(b",") > MOST_VALUES:
        raise HttpError(413, worded("more than %(most)s values: send smaller batches", most=MOST_VALUES), "body")
    if await run_in_threadpool(too_deep, json_body):
        raise HttpError(400, worded("body nested deeper than %(deepest)s levels", deepest=DEEPEST), "body")
    return json_body


def _incomplete() -> HttpError:
    return HttpError(400, worded("incomplete body: the connection was closed before its end"))


def _too_large(most: int, advice: str) -> HttpError:
    return HttpError(
        413,
        worded("body larger than %(most)s bytes: %(advice)s", most=most, advice=advice),
        "body",
        {"Connection": "close"},
    )
