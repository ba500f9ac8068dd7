"""How pages are made: templates, what they may say and do in a browser, and what stands where something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lrs.http.errors import translate
from lrs.http.paths import route_path
from lrs.http.signed_in import COOKIE, account_of
from lrs.pacing.decide import percent
from schemas.days import DAY

HEADERS = {
    # Inline styles and scripts do not run, whatever a name contains.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# Of a page with a script of its own: none but the application's runs.
SCRIPTED = {"Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'"}


class Templates:
    """The templates of lrs/web/templates. `now`: µs since the epoch."""

    def __init__(self, now: Callable[[], int]) -> None:
        self.now = now
        self._templates = Environment(
            loader=PackageLoader("lrs.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            percent=_percent, date=_date, moment=moment, ago=_ago, path=lambda text: quote(text, safe="")
        )

    def extend(self, filters: dict[str, Any], names: dict[str, Any]) -> None:
        """Give templates more filters, and more names of functions and values."""
        self._templates.filters.update(filters)
        self._templates.globals.update(names)

    def page(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        """A page, which no cache keeps. In it, `root` is the path that a proxy serves the application below,
        `who` the name of whoever signed in, and
        `account` theirs, if they have one.
        """
        headers = {**HEADERS, "Cache-Control": "no-store"}
        account = account_of(request)
        who = account.name if account else "signed in" if COOKIE in request.cookies else ""
        values |= {"now": self.now(), "root": root(request), "who": who, "account": account}
        text = self._templates.get_template(name).render(values)
        return Response(text, status, headers, "text/html; charset=utf-8")

    def problem(self, request: Request, error: Exception) -> Response:
        """The page that says what is wrong, of one of lrs.http.errors.ANSWERED."""
        found = translate(error)
        if found.status == 401:
            if "authorization" in request.headers:  # a program, not a person
                return found.response()
            to = route_path(request.scope) + (f"?{request.url.query}" if request.url.query else "")
            if request.method != "GET":  # what a form sent is lost, so that it is filled in again
                to = "/board"
            back = quote(to, safe="")
            return RedirectResponse(f"{root(request)}/sign-in?next={back}", 303, HEADERS)
        answer = self.page(request, "problem.html", found.status, message=found.error)
        answer.headers.update(found.headers or {})
        return answer


def root(request: Request) -> str:
    """What every path of a link on a page begins with."""
    found: str = request.scope.get("root_path", "")
    return found.rstrip("/")


def _percent(share: float | None) -> str:
    """Rounded down, as in reasons."""
    return "–" if share is None else percent(share)


def _date(time: int | None) -> str:
    if time is None:
        return "–"
    day = datetime.fromtimestamp(time / 1e6, UTC)
    return f"{day.day} {day:%b %Y}"


def moment(time: int | None) -> str:
    """A time as people read it, to the second."""
    return "–" if time is None else f"{datetime.fromtimestamp(time / 1e6, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _ago(time: int | None, now: int) -> str:
    if not time:
        return "never"
    days = max(0, now - time) // DAY
    return "within a day" if days == 0 else f"{days} {'day' if days == 1 else 'days'} ago"
