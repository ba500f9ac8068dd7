"""Logins that a browser adds by itself, as it caches those of HTTP Basic, are not used by pages of other sites.

A page of another site can have a browser send a form here, and the browser adds the login of its visitor. Such a
request changes nothing: it is refused where it is authorized. What a script of a page sends with headers of its own is
another matter. Browsers ask first (the preflight of CORS), and are allowed to add logins for configured origins alone;
a login in the headers of other origins is therefore one that the script has itself. So is a login in the form of the
alternate request syntax.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from lrs.http.errors import HttpError
from schemas.wording import worded

_SAFE = ("GET", "HEAD", "OPTIONS")
_SIMPLE = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "")  # types sent without asking
_ASKED_FOR = ("x-experience-api-version", "if-match", "if-none-match", "x-experience-api-hash")
_MARK = "pacer.ambient"


class AmbientLogins:
    """Marks requests whose login a browser may have added for another site's page."""

    def __init__(self, app: ASGIApp, trusted: Sequence[str] = ()) -> None:
        self._app = app
        self._trusted = frozenset(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _SAFE:
            headers = Headers(scope=scope)
            trusted = headers.get("origin") in self._trusted
            scope[_MARK] = not trusted and is_cross_site(headers) and not _was_preflighted(headers)
        await self._app(scope, receive, send)


def is_ambient(request: Request) -> bool:
    """Whether the login of a request may be one that a browser added for another site's page."""
    return bool(request.scope.get(_MARK))


def own_login(scope: Scope) -> None:
    """Say that the login of a request is its sender's own."""
    scope[_MARK] = False


def is_cross_site(headers: Headers) -> bool:
    """Whether a page of another origin made a request.

    A browser sends Sec-Fetch-Site, or else Origin; a client that sends neither is not a browser.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")


def refuse_cross_site(request: Request) -> None:
    """Refuse with HttpError (403) a form that a page of another site sent: nobody is asked to sign in for it."""
    if is_cross_site(request.headers):
        raise HttpError(403, worded("cross-site request refused: this form was sent from another site"))


def _was_preflighted(headers: Headers) -> bool:
    """Whether browsers send such a request to another origin after it allowed them only."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind not in _SIMPLE or any(name in headers for name in _ASKED_FOR)
