"""Who asks, and whether they may: HTTP Basic with a credential, or a bearer token of an issuer."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lrs.auth.credentials import Credential, Credentials, basic
from lrs.auth.limits import Buckets
from lrs.auth.scopes import Scope, allows
from lrs.auth.secret_checks import SecretChecks
from lrs.auth.tokens import BadToken, Tokens
from lrs.http.cross_site import is_ambient
from lrs.http.errors import HttpError

Tenant = Callable[[Request], Awaitable[str]]  # whose data a request is about; raises as Login.authorize does
_BASIC = 'Basic realm="Pacer", charset="UTF-8"'
_BEARER = 'Bearer realm="Pacer"'


async def _as_it_is(credential: Credential, request: Request) -> Credential:
    return credential


class Login:
    """The logins of one API process. For one event loop.

    Args:
        restrict: gives a credential as it counts for one request; raises Forbidden.
    """

    def __init__(
        self,
        credentials: Credentials,
        tokens: Tokens | None = None,
        restrict: Callable[[Credential, Request], Awaitable[Credential]] = _as_it_is,
    ) -> None:
        self.credentials = credentials
        self.tokens = tokens
        self.restrict = restrict
        self.rates = Buckets()
        self.checks = SecretChecks()

    async def authorize(self, request: Request, *scopes_needed: Scope) -> Credential:
        """The credential of who sent a request, which holds one of the wanted scopes (none named: all).

        A request counts once for the rate, however often it is authorized: a stream is every few seconds.

        Raises HttpError (401, 403 without the scope, 429 when it asks too often), Forbidden, and Transient when the
        database of credentials or the issuer of tokens does not answer.
        """
        if is_ambient(request):
            raise HttpError(403, "cross-site request refused: a page of another site must send a login of its own")
        header = request.headers.get("authorization", "")
        bearer = header[:7].lower() == "bearer "
        sender = await self._by_token(header[7:].strip()) if bearer else await self._by_secret(request, header)
        sender = await self.restrict(sender, request)
        if sender.rate is not None and not getattr(request.state, "counted", False):
            if wait := self.rates.take(sender.key, sender.rate):
                raise _too_often(wait, f"this credential may send {sender.rate.per_second:g} requests a second")
            request.state.counted = True
        if not allows(sender.scopes, frozenset(scopes_needed), request.method in ("GET", "HEAD")):
            named = " or ".join(scopes_needed) or Scope.ALL
            challenge = f'{_BEARER}, error="insufficient_scope"'
            raise HttpError(
                403,
                f"this credential lacks the scope {named}",
                "scope",
                {"WWW-Authenticate": challenge} if bearer else None,
            )
        return sender

    async def _by_secret(self, request: Request, header: str) -> Credential:
        if sender := await self._verified(header):
            return sender
        challenge = {"WWW-Authenticate": f"{_BASIC}, {_BEARER}" if self.tokens else _BASIC}
        key_and_secret = basic(header)
        if key_and_secret is None:
            raise HttpError(
                401, "authentication required: the key and secret of a credential, by HTTP Basic", headers=challenge
            )
        address = request.client.host if request.client else ""
        if wait := await self.checks.check(self.credentials.verify, header, address, key_and_secret[0]):
            raise _too_often(wait, "too many wrong secrets came from this address")
        # What was checked a moment ago may have been revoked since.
        if sender := await self._verified(header):
            return sender
        raise HttpError(401, "unknown key or wrong secret", headers=challenge)

    async def _verified(self, header: str) -> Credential | None:
        verified_before = self.credentials.verified_before
        return verified_before(header) if self.credentials.quick else await run_in_threadpool(verified_before, header)

    async def _by_token(self, token: str) -> Credential:
        if self.tokens is None:
            raise HttpError(
                401,
                "bearer tokens are not accepted, as no issuer is configured: use HTTP Basic",
                headers={"WWW-Authenticate": _BASIC},
            )
        try:
            return await self.tokens.verify(token)
        except BadToken as error:
            challenge = {"WWW-Authenticate": f'{_BEARER}, error="invalid_token"'}
            raise HttpError(401, f"invalid token: {error}", headers=challenge) from None


def _too_often(wait: float, why: str) -> HttpError:
    seconds = math.ceil(wait)
    return HttpError(429, f"{why}: try again in {seconds} s", headers={"Retry-After": str(seconds)})
