"""Launches by LTI 1.3: the login that a platform begins, its message, the new tab in which a board opens, and links to
classes that teachers put into their courses.

A frame of another site cannot keep a session's cookie, so that a launch gives a ticket: a form of this site takes it to
a tab of its own, where the session is one like any other.
"""

from __future__ import annotations

import secrets
import time
from urllib.parse import quote, urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response

from lrs.accounts.accounts import Account
from lrs.accounts.binding import LoginMatch
from lrs.accounts.issuers import ATTEMPT_SECONDS
from lrs.accounts.logins import LoginSource
from lrs.accounts.platform_courses import PlatformCourse
from lrs.accounts.platforms import Platform
from lrs.accounts.visibility import sees_class
from lrs.auth.launch_verifiers import LaunchVerifiers
from lrs.auth.lti import CLASS, LINK, DeepLink, Launch, deep_link_answer, is_deep_link, read_deep_link, read_launch
from lrs.auth.tokens import BadToken
from lrs.clock import system_time
from lrs.http.api_parts import ApiParts, parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.web.forms import read_fields
from lrs.web.templating import HEADERS, Templates
from schemas.catalog import Catalog
from schemas.wording import worded, words_of

COOKIE = "pacer_launch"
MOST_LINKS = 200  # classes among which somebody chooses
_ATTEMPT_PREFIX = "lti:"  # no issuer's name has a colon
_AGAIN = worded(
    "This launch has ended, or your browser kept no cookie of it: start it again, or have it open in a new window."
)


def router() -> APIRouter:
    """The routes under /lti."""
    routes = APIRouter(prefix="/lti", include_in_schema=False)
    templates = Templates(system_time)
    verifiers = LaunchVerifiers()

    async def login(request: Request, sent: dict[str, str]) -> Response:
        parts = parts_of(request)
        platform = await run_in_threadpool(parts.platforms.find, sent.get("iss", ""), sent.get("client_id", ""))
        if platform is None:
            raise HttpError(400, worded("no platform is registered with this issuer and client id"), "iss")
        target, hint = sent.get("target_link_uri", ""), sent.get("login_hint", "")
        if target != platform.launch:
            raise HttpError(
                400, worded("target_link_uri: is not %(launch)s", launch=platform.launch), "target_link_uri"
            )
        if not hint:
            raise HttpError(400, worded("login_hint: is missing"), "login_hint")
        browser = request.cookies.get(COOKIE, "")
        if len(browser) < 40:
            browser = secrets.token_urlsafe(32)
        begun, attempt = await run_in_threadpool(parts.issuers.begin, _ATTEMPT_PREFIX + platform.name, browser, target)
        login_request = {
            "scope": "openid",
            "response_type": "id_token",
            "response_mode": "form_post",
            "prompt": "none",
            "client_id": platform.client,
            "redirect_uri": platform.launch,
            "login_hint": hint,
            "state": begun,
            "nonce": attempt.nonce,
        }
        if "lti_message_hint" in sent:
            login_request["lti_message_hint"] = sent["lti_message_hint"]
        to = platform.authorization
        answer = RedirectResponse(f"{to}{'&' if urlsplit(to).query else '?'}{urlencode(login_request)}", 303, HEADERS)
        # Written by hand: Starlette writes Partitioned from Python 3.14 on alone.
        rest = f"Max-Age={ATTEMPT_SECONDS}; Path=/lti; HttpOnly; Secure; SameSite=None; Partitioned"
        answer.headers["Set-Cookie"] = f"{COOKIE}={browser}; {rest}"
        return answer

    @routes.get("/login")
    async def login_by_link(request: Request) -> Response:
        try:
            return await login(request, dict(request.query_params))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/login")
    async def login_by_form(request: Request) -> Response:
        try:
            return await login(request, await read_fields(request))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/launch")
    async def launch(request: Request) -> Response:
        """A platform's page posts this, across sites; the state and the browser's cookie say that it was asked for."""
        try:
            sent_form = await read_fields(request)
            parts = parts_of(request)
            attempt = await run_in_threadpool(
                parts.issuers.finish, sent_form.get("state", ""), request.cookies.get(COOKIE, "")
            )
            name = (
                attempt.issuer.removeprefix(_ATTEMPT_PREFIX)
                if attempt and attempt.issuer.startswith(_ATTEMPT_PREFIX)
                else ""
            )
            platform = await run_in_threadpool(parts.platforms.get, name)
            if attempt is None or platform is None:
                raise HttpError(400, _AGAIN)
            if "id_token" not in sent_form:
                raise HttpError(
                    400,
                    worded(
                        "%(label)s did not launch: %(reason)s",
                        label=platform.label,
                        reason=sent_form.get("error", "")[:100] or worded("no reason given"),
                    ),
                )
            verifier = verifiers.of(platform.name, platform.issuer, platform.client, platform.jwks)
            claims = await verifier.verify(sent_form["id_token"], attempt.nonce)
            read_message = read_deep_link if is_deep_link(claims) else read_launch
            launch_message: Launch | DeepLink = read_message(claims, platform.deployments, attempt.destination)
        except BadToken as error:
            return templates.problem(
                request, HttpError(400, worded("this launch cannot be trusted: %(error)s", error=words_of(error)))
            )
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

        def render() -> Response:
            catalog = parts.catalogs.latest(platform.tenant)
            lti_launch = launch_message.launch if isinstance(launch_message, DeepLink) else launch_message
            account = _account_of_launch(parts, platform, lti_launch, catalog)
            if account is not None and isinstance(launch_message, DeepLink):
                links = _links(parts, platform, launch_message, account, catalog)
                return templates.page(request, "choose_link.html", to=launch_message.answer_to, links=links)
            if account is None:
                return templates.page(request, "unknown_login.html", 403, issuer=platform, subject=lti_launch.subject)
            _remember_launch(parts, platform, account, lti_launch)
            to = _destination(account, lti_launch, catalog)
            return templates.page(
                request, "launch.html", account_name=account.name, ticket=parts.tickets.give(account, to)
            )

        try:
            answer_to = launch_message.answer_to if isinstance(launch_message, DeepLink) else ""
            return _in_frame_of(await run_in_threadpool(render), platform, answer_to)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.get("/jwks")
    async def keys(request: Request) -> Response:
        """The public half of the key that signs messages to platforms."""
        try:
            tool_keys = parts_of(request).tool_keys
            await run_in_threadpool(tool_keys.current)
            signing_keys = await run_in_threadpool(tool_keys.all)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        return JSONResponse({"keys": [signing_key.public for signing_key in signing_keys]}, headers=HEADERS)

    return routes


def _links(
    parts: ApiParts, platform: Platform, asked: DeepLink, account: Account, catalog: Catalog
) -> list[tuple[str, str]]:
    """The classes that somebody may link to from a course, by name, each with the signed answer that links to it."""
    key, class_links = parts.tool_keys.current(), []
    for class_ in catalog.classes.values():
        if not sees_class(account, catalog, class_):
            continue
        name = class_.name or class_.id
        content_item = {"type": LINK, "title": f"{name}: Pacer", "url": platform.launch, "custom": {CLASS: class_.id}}
        claims = deep_link_answer(asked, platform.issuer, platform.client, content_item, int(time.time()))
        class_links.append((name, key.sign(claims | {"nonce": secrets.token_urlsafe(24)})))
        if len(class_links) == MOST_LINKS:
            break
    return class_links


def _account_of_launch(parts: ApiParts, platform: Platform, found: Launch, catalog: Catalog) -> Account | None:
    """Whose launch it is: the person whom the platform names by the roster's id, or by an account that the roster, or a
    template of the operator's, says is theirs (Moodle names people by its own numbers, in statements and here)."""
    person = found.person if found.person in catalog.persons else None
    if person is None and not found.person:
        person = catalog.people.rostered(f"account:{platform.issuer}|{found.subject}")
    match = LoginMatch(person, "roster") if person is not None else None
    source = LoginSource(platform.name, platform.logins, platform.tenant)
    return parts.logins.account(source, found.subject, match, catalog)


def _remember_launch(parts: ApiParts, platform: Platform, account: Account, found: Launch) -> None:
    """Where the members of a course are listed, for whoever fills the roster from it; only teachers' launches count."""
    if account.role.is_staff and found.section and found.members:
        parts.courses.remember(platform.name, PlatformCourse(found.section, found.course, found.members))


def _destination(account: Account, found: Launch, catalog: Catalog) -> str:
    """The class that it was launched from, where there is one that the account sees; "" for its first page."""
    class_ = catalog.classes.get(found.section)
    return f"/board/classes/{quote(found.section, safe='')}" if class_ and sees_class(account, catalog, class_) else ""


def _in_frame_of(answer: Response, platform: Platform, sends_to: str = "") -> Response:
    """The page may be in a frame of the platform, and of nobody else. sends_to: where its forms send something, too."""
    platform_urls = map(urlsplit, (platform.issuer, platform.authorization))
    origins = " ".join(sorted({f"{parts.scheme}://{parts.netloc}" for parts in platform_urls}))
    policy = HEADERS["Content-Security-Policy"].replace("frame-ancestors 'none'", f"frame-ancestors {origins}")
    if sends_to:
        to = urlsplit(sends_to)
        policy = policy.replace("form-action 'self'", f"form-action 'self' {to.scheme}://{to.netloc}")
    answer.headers["Content-Security-Policy"] = policy
    return answer
