"""Pages to sign in and out, and to accept an invitation."""

from __future__ import annotations

import base64
import math
import uuid
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.accounts.accounts import GUARDIAN_SESSION_HOURS, PERSON_SESSION_HOURS, Account
from lrs.accounts.passwords import LEAST_LENGTH, BadPassword
from lrs.accounts.roles import PersonRole
from lrs.accounts.visibility import first_page
from lrs.auth.scopes import Scope
from lrs.auth.secret_checks import SecretChecks
from lrs.clock import system_time
from lrs.http.api_parts import ApiParts, parts_of
from lrs.http.cross_site import refuse_cross_site
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.http.signed_in import COOKIE, cookie, expired_cookie
from lrs.web.forms import read_fields
from lrs.web.templating import HEADERS, Templates, root
from schemas.wording import worded, words_of

_WRONG = worded("This login and password do not belong together, or the account is disabled.")
_USED = worded(
    "This link or launch was used already, or has ended: ask for a new link, or start again from your course."
)
_ENDED = worded("This invitation was used, has expired, or was replaced: ask whoever gave it to you for a new one.")


def router() -> APIRouter:
    """The routes under /sign-in, /sign-out and /invitations."""
    routes = APIRouter(include_in_schema=False)
    templates = Templates(system_time)
    checks = SecretChecks()

    async def form(request: Request) -> Mapping[str, str]:
        """The last value of each field. Raises HttpError."""
        refuse_cross_site(request)
        return await read_fields(request)

    async def form_page(request: Request, to: str, login: str = "", message: str = "", status: int = 200) -> Response:
        issuers = await run_in_threadpool(parts_of(request).issuers.all)
        return templates.page(request, "sign_in.html", status, to=to, message=message, login=login, issuers=issuers)

    @routes.get("/sign-in")
    async def show_form(request: Request, next: str = "") -> Response:
        try:
            return await form_page(request, local_path(next))
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        try:
            fields = await form(request)
            login, password, to = (
                fields.get("login", ""),
                fields.get("password", ""),
                local_path(fields.get("next", "")),
            )
            parts = parts_of(request)
            verified: list[tuple[Account | None, str]] = []

            def verify(_: str) -> object:
                account = parts.signed_in.accounts.verify(login, password)
                if account is not None:
                    verified.append((account, ""))
                else:  # an operator may sign in with a credential
                    pair = base64.b64encode(f"{login}:{password}".encode()).decode()
                    credential = parts.login.credentials.verify(f"Basic {pair}")
                    if credential is not None and Scope.ALL in credential.scopes:
                        verified.append((None, credential.key))
                return bool(verified)

            address = request.client.host if request.client else ""
            # Each check is one of its own: who guesses at the same time as the owner signs in shares nothing.
            if wait := await checks.check(verify, uuid.uuid4().hex, address, login.strip().lower()):
                seconds = math.ceil(wait)
                answer = await form_page(request, to, login, too_many(seconds), 429)
                answer.headers["Retry-After"] = str(seconds)
                return answer
            if not verified:
                return await form_page(request, to, login, _WRONG, 400)
            account, key = verified[0]
            return await signed_in(request, account, key, to)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.get("/sign-in/once/{ticket}")
    async def once(request: Request, ticket: str) -> Response:
        """A link that signs in once. Opening it does nothing: a button does, so that no preview of it uses it up."""
        return templates.page(request, "once.html", ticket=ticket)

    @routes.post("/sign-in/open")
    async def open_(request: Request) -> Response:
        """Sign in by a ticket: of a link that works once, or of a launch."""
        try:
            fields = await form(request)
            ticket_use = await run_in_threadpool(parts_of(request).tickets.take, fields.get("ticket", ""))
            if ticket_use is None:
                raise HttpError(400, _USED)
            account, to = ticket_use
            return await signed_in(request, account, "", to)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    @routes.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        try:
            await form(request)
            if token := request.cookies.get(COOKIE):
                await run_in_threadpool(parts_of(request).signed_in.accounts.close_session, token)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        answer = RedirectResponse(f"{root(request)}/sign-in", 303, HEADERS)
        answer.headers["Set-Cookie"] = expired_cookie()
        return answer

    @routes.get("/invitations/{token}")
    async def invited(request: Request, token: str) -> Response:
        try:
            account = await run_in_threadpool(parts_of(request).signed_in.accounts.invited, token)
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        if account is None:
            return templates.page(request, "problem.html", 404, message=_ENDED, cause="", refused=0)
        return templates.page(
            request,
            "invitation.html",
            invited=account,
            least=LEAST_LENGTH,
            message="",
            link=account.role is PersonRole.GUARDIAN,
        )

    @routes.post("/invitations/{token}")
    async def accept(request: Request, token: str) -> Response:
        try:
            fields = await form(request)
            accounts = parts_of(request).signed_in.accounts
            account = await run_in_threadpool(accounts.invited, token)
            if account is not None and account.role is not PersonRole.GUARDIAN:
                try:
                    account = await run_in_threadpool(accounts.accept, token, fields.get("password", ""))
                except BadPassword as error:
                    message = worded("That did not work: %(reason)s.", reason=words_of(error))
                    return templates.page(
                        request,
                        "invitation.html",
                        400,
                        invited=account,
                        least=LEAST_LENGTH,
                        message=message,
                        link=False,
                    )
            if account is None:
                return templates.page(request, "problem.html", 404, message=_ENDED, cause="", refused=0)
            return await signed_in(request, account, "", "")
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)

    return routes


async def signed_in(
    request: Request, account: Account | None, key: str, to: str, hours: float = PERSON_SESSION_HOURS
) -> Response:
    """Send a browser on, with a session of its own; to the account's first page where nothing else is asked for."""
    parts = parts_of(request)
    # A guardian's link opens again as long as it may be used, so that its sessions need not last.
    if account is not None and account.role is PersonRole.GUARDIAN:
        hours = GUARDIAN_SESSION_HOURS
    token = await run_in_threadpool(parts.signed_in.accounts.open_session, account, key, hours)
    home = to or await run_in_threadpool(_home, parts, account)
    answer = RedirectResponse(root(request) + home, 303, HEADERS)
    answer.headers["Set-Cookie"] = cookie(token, request.url.scheme == "https", hours)
    return answer


def _home(parts: ApiParts, account: Account | None) -> str:
    """The page that somebody opens first."""
    return "/board" if account is None else first_page(account, parts.catalogs.latest(account.tenant))


def too_many(seconds: int) -> str:
    """What is said to whom has to wait."""
    return worded("Too many tries: wait %(seconds)s s.", seconds=seconds)


def local_path(path: str) -> str:
    """A path of this store alone: whoever made the link to sign in must not send people elsewhere."""
    return path if path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable() else ""
