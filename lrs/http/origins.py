"""Pages of other origins (CORS): tools and AUs run in browsers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from lrs.http.paths import route_path

_SENDERS = ("/xAPI/", "/caliper/", "/cmi5/")  # where tools ask; pages of people ask nowhere else with credentials


class Origins:
    """Any origin may ask, as an Authorization header that a page sets itself reveals nothing about its visitor.

    Requests `withCredentials` (Articulate Storyline's are) are answered so that browsers hand out the answer only to
    the origins that are trusted.
    """

    def __init__(self, app: ASGIApp, trusted: Sequence[str], exposed: Sequence[str]) -> None:
        shared: dict[str, Any] = {"allow_methods": ["*"], "allow_headers": ["*"], "expose_headers": exposed}
        self._any = CORSMiddleware(app, allow_origins=["*"], **shared)
        self._trusted = frozenset(trusted)
        self._with = CORSMiddleware(app, allow_origins=list(trusted), allow_credentials=True, **shared)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        chosen = self._any
        if scope["type"] == "http" and self._trusted and route_path(scope).startswith(_SENDERS):
            origin = Headers(scope=scope).get("origin")
            if origin is None or origin in self._trusted:
                chosen = self._with
        await chosen(scope, receive, send)
