"""How pages are made: templates, what they may say and do in a browser, and what stands where something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from gettext import NullTranslations
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from lrs.accounts.accounts import Account
from lrs.errors import Full, Transient
from lrs.http.access import TABLE
from lrs.http.errors import TRANSLATED_ERRORS, translate
from lrs.http.login import Tenant
from lrs.http.paths import route_path
from lrs.http.signed_in import COOKIE, account_of, chooser_of, own_page_of
from lrs.web import languages
from lrs.web.languages import ShownIn, preferred, shown_in
from schemas.wording import Worded, worded, words_of

HEADERS = {
    # Inline styles and scripts do not run, whatever a name contains.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# Of a page with a script of its own: none but the application's runs.
SCRIPTED = {"Content-Security-Policy": HEADERS["Content-Security-Policy"] + "; script-src 'self'; connect-src 'self'"}
_LATER = worded("This cannot be done now: try again in a moment.")


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
            extensions=["jinja2.ext.i18n"],
        )
        installed: Any = self._templates
        installed.install_gettext_callables(languages.gettext, languages.ngettext, newstyle=True)
        self._templates.globals["_"] = _text  # as Jinja's, which looks each text up again wherever a page repeats it
        self.extend(
            {
                "percent": languages.percent,
                "exact_percent": languages.exact_percent,
                "date": languages.date,
                "day": languages.day,
                "day_of_year": languages.day_of_year,
                "moment": languages.moment,
                "instant": languages.instant,
                "ago": languages.ago,
                "weekday": languages.weekday,
                "text": languages.said,
                "is_said": languages.is_said,
                "number": languages.number,
                "path": lambda text: quote(text, safe=""),
            },
            {},
        )

    def extend(self, filters: dict[str, Any], names: dict[str, Any]) -> None:
        """Give templates more filters, and more names of functions and values."""
        self._templates.filters.update({name: _when_shown(filter_) for name, filter_ in filters.items()})
        self._templates.globals.update(names)

    def page(self, request: Request, name: str, status: int = 200, **values: Any) -> Response:
        """A page, which no cache keeps. In it, `root` is the path that a proxy serves the application below,
        `who` the name of whoever signed in, and
        `account` theirs, if they have one, `own_page` the path of a learner's or a guardian's page, and `opens_page`
        whether whoever asks may open the pages of a route: a link that is refused helps nobody.
        """
        headers = {**HEADERS, "Cache-Control": "no-store"}
        account = account_of(request)
        shown_locale = shown_for(request)
        with shown_in(shown_locale):
            who = account.name if account else languages.gettext("signed in") if COOKIE in request.cookies else ""
        common = {"now": self.now(), "root": root(request), "who": who, "account": account}
        common |= {"own_page": own_page_of(request), "opens_page": partial(opens_page, account)}
        common |= {"here": route_path(request.scope), "languages": languages.LANGUAGES, "chooser": chooser_of(request)}
        common |= {
            "language": shown_locale.language,
            "direction": languages.direction(shown_locale.language),
            "zone": shown_locale.zone,
        }
        with shown_in(shown_locale):
            text = self._templates.get_template(name).render(**common, **values)  # a name given twice is a TypeError
        return Response(text, status, headers, "text/html; charset=utf-8")

    def problem(self, request: Request, error: Exception) -> Response:
        """The page that says what is wrong, of one of lrs.http.errors.TRANSLATED_ERRORS."""
        refusal = translate(error)
        if refusal.status == 401:
            if "authorization" in request.headers:  # a program, not a person
                return refusal.response()
            to = route_path(request.scope) + (f"?{request.url.query}" if request.url.query else "")
            if request.method != "GET":  # what a form sent is lost, so that it is filled in again
                to = "/board"
            next_path = quote(to, safe="")
            return RedirectResponse(f"{root(request)}/sign-in?next={next_path}", 303, HEADERS)
        message, cause = refusal.error, ""
        if isinstance(error, Transient | Full) and not isinstance(words_of(error), Worded):
            message, cause = _LATER, str(error)
        answer = self.page(
            request, "problem.html", refusal.status, message=message, cause=cause, refused=refusal.status
        )
        answer.headers.update(refusal.headers or {})
        return answer


async def recognise(request: Request, tenant: Tenant) -> None:
    """Learn who looks at a page that is for anybody; a session that has ended is nobody's."""
    if COOKIE in request.cookies:
        with suppress(*TRANSLATED_ERRORS):
            await tenant(request)


def opens_page(account: Account | None, route: str) -> bool:
    """Whether an account's role may open the pages of a route; a credential, or who has yet to sign in, is not held."""
    return account is None or account.role in TABLE["GET", route].roles


def _when_shown(filter_: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that is not applied to a constant before a page is shown: nobody knows the language then."""

    @pass_context
    def apply(_: Context, /, *values: Any, **named: Any) -> Any:
        return filter_(*values, **named)

    return apply


def _text(message: str, /, **values: Any) -> Markup:
    """A text in the language that is shown, with values filled in, which are escaped."""
    texts = languages.translations(languages.language())
    return _format(texts, message) % values if values else _plain(texts, message)


@lru_cache(4096)
def _format(texts: NullTranslations, message: str) -> Markup:
    return Markup(texts.gettext(message) if message else "")


@lru_cache(4096)
def _plain(texts: NullTranslations, message: str) -> Markup:
    return _format(texts, message) % {}  # "%%" is a percent sign here, too


def shown_for(request: Request) -> ShownIn:
    """What whoever signed in chose, else what the browser asks for, in UTC."""
    chosen_locale: tuple[str, str] | None = getattr(request.state, "shown_in", None)
    language, zone = chosen_locale or ("", "")
    if language not in languages.LANGUAGES:
        language = preferred(request.headers.get("accept-language", ""))
    return ShownIn(language, zone or "UTC")


def said_to(request: Request) -> Callable[[str], str]:
    """How sentences of the application are said to whoever asks."""
    shown_locale = shown_for(request)

    def say(sentence: str) -> str:
        with shown_in(shown_locale):
            return languages.said(sentence)

    return say


def root(request: Request) -> str:
    """What every path of a link on a page begins with."""
    root_path: str = request.scope.get("root_path", "")
    return root_path.rstrip("/")
