"""The alternate request syntax: a POST of a form that carries another request (xAPI 1.0.3, part 3, 1.3; not in 2.0)."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import Message

from lrs.http import body
from lrs.http.cross_site import own_login
from lrs.http.errors import HttpError
from lrs.http.protocol import MOST_HEAD, MOST_HEADERS

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
_DECODED_AT_ONCE = 64 << 10  # bytes: each that is escaped is an object of 36 while it is decoded


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
    form = await body.read_body(request, factor=2)
    try:
        form_fields, content = await run_in_threadpool(_read_form, form)
    except ValueError:
        raise HttpError(400, "the body is not a valid form", "body") from None
    fields = {name: value for name, value in form_fields.items() if name in _HEADERS}
    fields.pop("content-length", None)
    parameters = {name: value for name, value in form_fields.items() if name not in _HEADERS}
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


def _read_form(form: bytes) -> tuple[dict[str, str], bytes]:
    """The fields of a form, those that are headers in lower case, and the bytes of its `content`.

    Raises HttpError: 431 where the other fields are more than the head of a plain request may be, 400 where one comes
    twice. Raises ValueError where it is no form.
    """
    content: bytes | None = None
    fields: dict[str, str] = {}
    others = 0  # bytes
    if form.count(b"&") >= MOST_HEADERS:
        raise HttpError(431, f"more than {MOST_HEADERS} fields", "body")
    for pair in form.split(b"&") if form else ():
        name, equals, value = pair.partition(b"=")
        if not equals:
            raise ValueError
        if name == b"content":
            if content is not None:
                raise _duplicate("content")
            content = _decoded(value)
            continue
        others += len(pair)
        if others > MOST_HEAD:
            raise HttpError(431, f"fields other than content larger than {MOST_HEAD} bytes", "body")
        field = _decoded(name).decode(errors="replace")
        field = field.lower() if field.lower() in _HEADERS else field
        if field in fields:
            raise _duplicate(field)
        fields[field] = _decoded(value).decode(errors="replace")
    return fields, content or b""


def _duplicate(field: str) -> HttpError:
    return HttpError(400, f"duplicate field of the form: {field[:40]}", field[:40])


def _decoded(value: bytes) -> bytes:
    """A name or a value without its escapes."""
    decoded = bytearray()
    at = 0
    while at < len(value):
        end = min(at + _DECODED_AT_ONCE, len(value))
        escape = value.find(b"%", end - 2, end) if end < len(value) else -1
        end = escape if escape > at else end  # an escape is not cut in two
        decoded += unquote_to_bytes(value[at:end].replace(b"+", b" "))
        at = end
    return bytes(decoded)
