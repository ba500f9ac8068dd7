"""Read a request's body, up to a limit."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request

from lrs.api.errors import Refused

MOST_BYTES = 8 << 20


async def read(request: Request, most: int = MOST_BYTES) -> bytes:
    """The body. Raises Refused (413, or 400 when the client went away half-way)."""
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
        raise Refused(400, "the body ended before it was whole") from error
    return b"".join(parts)


def _too_large(most: int) -> Refused:
    return Refused(413, f"the body is larger than {most} bytes: send smaller batches", "body", {"Connection": "close"})
