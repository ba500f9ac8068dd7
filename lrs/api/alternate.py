"""The alternate request syntax: a POST of a form that carries another request (xAPI 1.0.3, part 3, 1.3; not in 2.0)."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.types import Message

from lrs.http import body
from lrs.http.cross_site import own_login
from lrs.http.errors import HttpError

_CARRIED_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
# Browsers send a cross-origin request without asking first only with few types; Articulate Storyline's say text/plain,
# and Internet Explorer's XDomainRequest none.
_FORM_TYPES = ("application/x-www-form-urlencoded", "text/plain", "")
_HEADERS = frozenset(
    {
        "authorization",
        "x-experience-api-version",
        "content-type",
        "content-length",
        "if-match",
        "if-none-match",
        "accept",
        "accept-language",
        "accept-encoding",
        "accept-charset",
        "x-experience-api-hash",
        "x-experience-api-signature",
    }
)


async def unwrap(request: Request) -> Request:
    """The request that a form carries; any other request as it is. Raises HttpError."""
    method = request.query_params.get("method")
    if method is None or request.method != "POST":
        return request
    if method.upper() not in _CARRIED_METHODS:
        raise HttpError(400, f"unknown method (supported: {', '.join(_CARRIED_METHODS)})", "method")
    if len(request.query_params) > 1:
        raise HttpError(400, "every parameter but method belongs in the form", "method")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _FORM_TYPES:
        raise HttpError(400, "the form must be application/x-www-form-urlencoded", "Content-Type")
    try:
        form = dict(parse_qsl((await body.read_body(request)).decode(), keep_blank_values=True, strict_parsing=True))
    except (ValueError, UnicodeDecodeError):
        raise HttpError(400, "the body is not a valid form", "body") from None
    content = form.pop("content", "").encode()
    fields = {name.lower(): value for name, value in form.items() if name.lower() in _HEADERS}
    fields.pop("content-length", None)
    parameters = {name: value for name, value in form.items() if name.lower() not in _HEADERS}
    own = {name: value for name, value in request.headers.items() if name not in ("content-type", "content-length")}
    headers = own | fields
    if headers.get("x-experience-api-version", "").startswith("2"):
        raise HttpError(400, "xAPI 2.0 has no alternate request syntax: send a plain request", "method")
    if content:
        headers.setdefault("content-type", "application/json")
        headers["content-length"] = str(len(content))
    scope = {
        **request.scope,
        "method": method.upper(),
        "query_string": urlencode(parameters).encode(),
        "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers.items()],
    }
    if "authorization" in fields:
        own_login(scope)
    sent_once = False

    async def receive() -> Message:
        nonlocal sent_once
        if sent_once:
            return {"type": "http.disconnect"}
        sent_once = True
        return {"type": "http.request", "body": content, "more_body": False}

    return Request(scope, receive)
