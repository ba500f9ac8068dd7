"""Sign in with an OpenID Connect issuer: the redirect there, and the way back."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from lrs.accounts.binding import match_login, may_sign_in
from lrs.accounts.issuers import ATTEMPT_SECONDS, SignInIssuer
from lrs.accounts.logins import LoginSource
from lrs.auth.id_tokens import subject_of
from lrs.auth.oidc import OidcClient
from lrs.auth.tokens import BadToken
from lrs.clock import system_time
from lrs.http.api_parts import parts_of
from lrs.http.errors import TRANSLATED_ERRORS, HttpError
from lrs.web.sign_in import local_path, signed_in
from lrs.web.templating import HEADERS, Templates
from schemas.wording import worded, words_of

COOKIE = "pacer_sign_in"
_AGAIN = worded("This sign-in has ended, or was begun in another browser: sign in again.")


def router() -> APIRouter:
    """The routes /sign-in/with/{issuer} and /sign-in/callback."""
    routes = APIRouter(prefix="/sign-in", include_in_schema=False)
    templates = Templates(system_time)
    clients: dict[str, tuple[SignInIssuer, OidcClient]] = {}  # by name, as long as the issuer is registered so

    def client_of(issuer: SignInIssuer) -> OidcClient:
        known_client = clients.get(issuer.name)
        if known_client is None or known_client[0] != issuer:
            known_client = clients[issuer.name] = (issuer, OidcClient(issuer.url, issuer.client, issuer.secret))
        return known_client[1]

    async def issuer_of(request: Request, name: str) -> SignInIssuer:
        sign_in_issuer = await run_in_threadpool(parts_of(request).issuers.get, name)
        if sign_in_issuer is None:
            raise HttpError(404, worded("there is no such way to sign in"))
        return sign_in_issuer

    @routes.get("/with/{issuer}")
    async def begin(request: Request, issuer: str, next: str = "") -> Response:
        try:
            sign_in_issuer = await issuer_of(request, issuer)
            browser = request.cookies.get(COOKIE, "")
            if len(browser) < 40:
                browser = secrets.token_urlsafe(32)
            begun, attempt = await run_in_threadpool(
                parts_of(request).issuers.begin, sign_in_issuer.name, browser, local_path(next)
            )
            to = await client_of(sign_in_issuer).authorization(
                sign_in_issuer.callback, begun, attempt.nonce, attempt.verifier
            )
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        answer = RedirectResponse(to, 303, HEADERS)
        secure = "; Secure" if sign_in_issuer.store.startswith("https:") else ""
        rest = f"Max-Age={ATTEMPT_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"
        answer.headers["Set-Cookie"] = f"{COOKIE}={browser}; {rest}"
        return answer

    @routes.get("/callback")
    async def back(request: Request) -> Response:
        callback_query = request.query_params
        try:
            attempt = await run_in_threadpool(
                parts_of(request).issuers.finish, callback_query.get("state", ""), request.cookies.get(COOKIE, "")
            )
            if attempt is None:
                raise HttpError(400, _AGAIN)
            sign_in_issuer = await issuer_of(request, attempt.issuer)
            if callback_query.get("iss", sign_in_issuer.url) != sign_in_issuer.url:  # RFC 9207
                raise BadToken(worded("another issuer answered"))
            if "code" not in callback_query:
                reason = callback_query.get("error", "")[:100] or worded("no reason given")
                raise HttpError(
                    400, worded("%(label)s did not sign you in: %(reason)s", label=sign_in_issuer.label, reason=reason)
                )
            claims = await client_of(sign_in_issuer).claims(
                callback_query["code"], sign_in_issuer.callback, attempt.nonce, attempt.verifier
            )
            subject = subject_of(claims)
            parts = parts_of(request)
            catalog = await run_in_threadpool(parts.catalogs.latest, sign_in_issuer.tenant)
            account = None
            if may_sign_in(sign_in_issuer, claims):
                source = LoginSource(sign_in_issuer.name, sign_in_issuer.url, sign_in_issuer.tenant)
                login_match = match_login(sign_in_issuer, claims, catalog)
                account = await run_in_threadpool(parts.logins.account, source, subject, login_match, catalog)
        except BadToken as error:
            return templates.problem(
                request, HttpError(400, worded("this sign-in cannot be trusted: %(error)s", error=words_of(error)))
            )
        except TRANSLATED_ERRORS as error:
            return templates.problem(request, error)
        if account is None:
            return templates.page(request, "unknown_login.html", 403, issuer=sign_in_issuer, subject=subject)
        return await signed_in(request, account, "", attempt.destination)

    return routes
