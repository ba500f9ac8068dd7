"""A form that is refused is shown again where it was filled in: nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import unquote

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import Message

from lrs.http.errors import TRANSLATED_ERRORS, translate
from lrs.http.login import Tenant
from lrs.http.paths import route_path
from lrs.web.forms import read_own_form
from lrs.web.languages import is_said, said, shown_in
from lrs.web.refill import REFUSED, refill
from lrs.web.templating import HEADERS, Templates, root, shown_for

Form = dict[str, str]  # what was typed, by field

# Where filling it in again helps: what was wrong, what changed meanwhile, and what passes. Not a missing right.
_AGAIN = (400, 409, 422, 429, 503, 507)


async def shown_again(
    request: Request, templates: Templates, error: Exception, form: Mapping[str, str], at: str, action: str = ""
) -> Response:
    """The answer to a form that was refused: the page that it is on, filled in, with the reason at its field.

    error: one of lrs.http.errors.TRANSLATED_ERRORS; form: what was sent; at: the path of the page, as a link would have
    it, with a query; action: where the form on the page is sent to, if not to this request's path. Where the page
    cannot be shown, or has no such form any longer, the page that says what is wrong.
    """
    refusal = translate(error)
    page = await _page(request, at) if refusal.status in _AGAIN else None
    if page is not None:
        shown_locale = shown_for(request)
        with shown_in(shown_locale):
            why_not, english = said(refusal.error), not is_said(refusal.error)
        problem_html = (
            f'<p role="alert" class="problem" id="{REFUSED}"{" lang=en" if english else ""}>{escape(why_not)}</p>'
        )
        to = root(request) + (action or _escaped(request))
        filled_page = refill(bytes(page.body).decode(), to, form, refusal.field, problem_html)
        if filled_page is not None:
            headers = {**page.headers, **(refusal.headers or {})}
            for name in ("content-length", "content-type"):
                headers.pop(name, None)
            return Response(filled_page, refusal.status, headers, "text/html; charset=utf-8")
    return templates.problem(request, error)


async def change_by_form(
    request: Request,
    tenant: Tenant,
    templates: Templates,
    page: str,
    part: str,
    change: Callable[[str, Form], object],
    query: Callable[[Form], str] = lambda _: "",
) -> Response:
    """Do what a form on a page asks for, in a thread, and go back to that part of the page; refused, it is shown again.

    change: gets the tenant and the form; page: the path of the page, as a link would have it; query:
    what of the form the page is then asked for by, with its question mark.
    """
    form: Form = {}
    try:
        tenant_id, form = await read_own_form(request, tenant)
        await run_in_threadpool(change, tenant_id, form)
    except TRANSLATED_ERRORS as error:
        return await shown_again(request, templates, error, form, page)
    return RedirectResponse(f"{root(request)}{page}{query(form)}#{part}", 303, HEADERS)


async def _page(request: Request, at: str) -> Response | None:
    """What whoever sent a form sees at a path, asked for as a browser would; None where that is no page."""
    path, _, query = at.partition("?")
    whole = root(request) + path
    headers = [header for header in request.scope["headers"] if header[0] not in (b"content-type", b"content-length")]
    scope = {name: value for name, value in request.scope.items() if name not in _OF_ROUTE}
    scope |= {"method": "GET", "path": unquote(whole), "raw_path": whole.encode(), "query_string": query.encode()}
    scope |= {"headers": headers, "state": dict(request.scope.get("state", {}))}
    answer: Response | None = None
    parts: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}  # there is no body, and nobody waits for a stream

    async def send(message: Message) -> None:
        nonlocal answer
        if message["type"] == "http.response.start":
            page_head = Response(status_code=message["status"])
            page_head.raw_headers = list(message["headers"])
            if page_head.status_code != 200 or not page_head.headers.get("content-type", "").startswith("text/html"):
                raise _NoPageError
            answer = page_head
        else:
            parts.append(message.get("body", b""))

    try:
        await request.app.router(scope, receive, send)
    except (_NoPageError, HTTPException):  # no page, or no route
        return None
    if answer is not None:
        answer.body = b"".join(parts)
    return answer


class _NoPageError(Exception):
    """What was asked for is no page: the rest of it is not waited for, as it may be a stream that never ends."""


_OF_ROUTE = ("endpoint", "route", "path_params", "router")  # what the routing of the form has found


def _escaped(request: Request) -> str:
    """The path of a request as links on pages have it."""
    raw: bytes = request.scope.get("raw_path") or b""
    whole = raw.decode("ascii", "replace").partition("?")[0]
    return whole.removeprefix(root(request)) or route_path(request.scope)
