"""Slashes that senders write twice, or at the end: `/xAPI//statements`, `/xAPI/statements/`."""

from __future__ import annotations

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from lrs.http.paths import route_path

# Paths without ids in them: elsewhere every slash may be part of an id.
_FIXED = re.compile(r"/+(?:xAPI|caliper)(?:/|\Z)")
_SLASHES = re.compile("/+")


class Slashes:
    """Reads such paths as what they mean: a redirect would cost many clients their body, and the answer its version."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = route_path(scope) if scope["type"] == "http" else ""
        if _FIXED.match(path) and (plain := _SLASHES.sub("/", path).rstrip("/")) != path:
            scope = {**scope, "path": scope.get("root_path", "") + plain}
        await self._app(scope, receive, send)
