"""Files as bodies of requests that import them."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Request

from lrs.http import body
from lrs.http.errors import HttpError

MOST_FILE_BYTES = 64 << 20  # of a roster, a framework or materials
BODY = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string"}}}}}


def read_flags(**flags: str) -> list[bool]:
    """Each flag of the query as true or false, in order. Raises HttpError (400)."""
    for name, value in flags.items():
        if value not in ("true", "false"):
            raise HttpError(400, f"{name} must be true or false", name)
    return [value == "true" for value in flags.values()]


@asynccontextmanager
async def spooled(request: Request) -> AsyncIterator[Path]:
    """The body in a file. Raises HttpError (400, 413)."""
    with tempfile.TemporaryDirectory(prefix="lrs-import-") as folder:
        path = Path(folder) / "body"
        with path.open("wb") as file:
            await body.spool_body(request, file, MOST_FILE_BYTES, f"the body is larger than {MOST_FILE_BYTES} bytes")
        yield path
