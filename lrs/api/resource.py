"""What every xAPI resource shares: versions, the alternate request syntax, and errors in the specification's words."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lrs.api import alternate
from lrs.http.api_parts import ApiParts, parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError, translate

LATEST = {"1.0": "1.0.3", "2.0": "2.0.0"}  # what is answered to a version of each line
UNSAID = "0.9"  # what a request without the header means (xAPI 0.95, 6.2), which is not supported here
_VERSION = re.compile(r"(1\.0|2\.0)(\.\d{1,9})?")

Handler = Callable[[Request, ApiParts, str], Awaitable[Response]]


def resource(path: str, handlers: dict[str, Handler], versionless: bool = False) -> Route:
    """A route of the xAPI: `handlers` by method; HEAD is GET without its body.

    Handlers get the request, the parts and the version in use ("1.0.3" or "2.0.0"). `versionless`: the header
    X-Experience-API-Version may be missing (About).
    """

    async def answer(request: Request) -> Response:
        version = LATEST["2.0"] if versionless else UNSAID
        sent = request.method
        try:
            if not versionless or "method" in request.query_params:
                request = await alternate.unwrap(request)
            version = _xapi_version(request, versionless)
            handler = handlers.get("GET" if request.method == "HEAD" else request.method)
            if handler is None:
                allowed = ", ".join(sorted(handlers))
                raise HttpError(
                    405, f"{request.method} is not supported here (supported: {allowed})", headers={"Allow": allowed}
                )
            response = await handler(request, parts_of(request), version)
        except TRANSLATED_ERRORS as error:
            response = translate(error).response()
        if request.method == "HEAD" and sent == "POST":  # a form's; of a plain HEAD the server leaves the body out
            headers = {name: value for name, value in response.headers.items() if name != "content-length"}
            response = Response(status_code=response.status_code, headers=headers)
        response.headers["X-Experience-API-Version"] = version
        return response

    methods = {*handlers, *(("HEAD",) if "GET" in handlers else ()), "POST"}  # POST carries the alternate syntax
    return Route(path, answer, methods=sorted(methods))


def version_of(request: Request) -> str:
    """The version to name in an answer that no resource gave: the request's, where it is supported."""
    version_match = _VERSION.fullmatch(request.headers.get("x-experience-api-version", ""))
    return LATEST[version_match[1]] if version_match else UNSAID


def _xapi_version(request: Request, versionless: bool) -> str:
    version_sent = request.headers.get("x-experience-api-version")
    if version_sent is None:
        if versionless:
            return LATEST["2.0"]
        raise HttpError(400, "missing header X-Experience-API-Version", "X-Experience-API-Version")
    version_match = _VERSION.fullmatch(version_sent)
    if not version_match:
        raise HttpError(
            400,
            f"unsupported X-Experience-API-Version {version_sent[:40]!r} (supported: 1.0.x, 2.0.x)",
            "X-Experience-API-Version",
        )
    return LATEST[version_match[1]]
