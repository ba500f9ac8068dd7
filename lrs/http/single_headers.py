"""Headers that a request must not repeat (RFC 9110, 5.3), the Host that it must have (RFC 9112, 3.2), and transfer
codings (RFC 9112, 6.1).

Which of two counts would be a guess, and a proxy in front may have made another. This is looked at before all else,
for every route: a body is never read with the wrong length, nor somebody let in by a second login.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from lrs.http.errors import HttpError

# Headers with one value that something here reads. Those that are lists may come in several lines.
ONCE = {
    name.lower().encode(): name
    for name in (
        "Authorization",
        "Content-Length",
        "Content-Type",
        "Host",
        "Last-Event-ID",
        "Origin",
        "Sec-Fetch-Site",
        "X-Experience-API-Version",
    )
}
_TRANSFER = b"transfer-encoding"
_HOST = b"host"
# RFC 3986, 3.2.2; the parser leaves the blanks that may follow a value.
_HOST_VALUE = re.compile(rb"(?:\[[0-9A-Za-z:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::[0-9]*)?[ \t]*", re.ASCII)
_CLOSE = {"Connection": "close"}  # where the body ends may be another question to whoever sent it


class SingleHeaders:
    """Refuses requests that repeat a header of ONCE or lack a Host, and bodies in another transfer coding than chunked.

    `more_headers`: what the answer to a request carries besides.
    """

    def __init__(self, app: ASGIApp, more_headers: Callable[[Request], dict[str, str]]) -> None:
        self._app = app
        self._more_headers = more_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            values = dict(scope["headers"])
            suspect = len(values) != len(scope["headers"]) or _TRANSFER in values or not _names_host(scope, values)
            if suspect and (error := _refusal(scope, values)):
                response = error.response()
                response.headers.update(self._more_headers(Request(scope)))
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _names_host(scope: Scope, values: dict[bytes, bytes]) -> bool:
    """Whether a request says whom it asks, or need not: HTTP/1.0 knows no Host, and a URI without a name has none."""
    host = values.get(_HOST)
    return scope["http_version"] == "1.0" if host is None else _HOST_VALUE.fullmatch(host) is not None


def _refusal(scope: Scope, values: dict[bytes, bytes]) -> HttpError | None:
    names = [name for name, _ in scope["headers"]]
    for name, header in ONCE.items():
        if (count := names.count(name)) > 1:
            return HttpError(400, f"the header {header} comes {count} times: send it once", header, _CLOSE)
    if not _names_host(scope, values):
        wrong = "is no name or address, with or without a port" if _HOST in values else "is missing"
        return HttpError(
            400, f"the header Host {wrong}: send the host of the address, as HTTP/1.1 asks", "Host", _CLOSE
        )
    codings = b",".join(value for name, value in scope["headers"] if name == _TRANSFER).decode("latin-1")
    coding = ", ".join(coding.strip() for coding in codings.split(",") if coding.strip())
    if coding.lower() in ("", "chunked"):
        return None
    error = f"Transfer-Encoding {coding[:40]} is not supported: send chunked alone; Content-Encoding may be gzip"
    return HttpError(501, error, "Transfer-Encoding", _CLOSE)
