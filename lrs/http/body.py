"""Read a request's body, up to a limit of its size and of its nesting."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

from lrs.http.errors import HttpError
from schemas.xapi.body import BOM, DEEPEST, too_deep

MOST_BYTES = 8 << 20


async def read(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body. Raises HttpError (413, or 400 when the client went away half-way)."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async for part in request.stream():
            size += len(part)
            if size > most:
                raise _too_large(most)
            parts.append(part)
    except ClientDisconnect as error:
        raise HttpError(400, "incomplete body: the connection was closed before its end") from error
    return b"".join(parts)


async def read_json(request: Request) -> bytes:
    """The body, which is to be JSON and no deeper than statements may be. Raises HttpError (413, 400)."""
    found = (await read(request)).removeprefix(BOM)
    if too_deep(found):
        raise HttpError(400, f"body nested deeper than {DEEPEST} levels", "body")
    return found


def _too_large(most: int) -> HttpError:
    return HttpError(413, f"body larger than {most} bytes: send smaller batches", "body", {"Connection": "close"})
