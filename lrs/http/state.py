"""What the API's handlers share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lrs.attachments import Attachments
from lrs.auth.checks import Checks
from lrs.auth.credentials import Credential, Credentials, basic
from lrs.auth.keys import IssuerDown
from lrs.auth.limits import Buckets
from lrs.auth.scopes import Scope, allows
from lrs.auth.tokens import BadToken, Tokens
from lrs.catalog.catalogs import Catalogs
from lrs.cmi5.guard import Asked, Forbidden, Guard
from lrs.documents.store import Documents
from lrs.http.errors import RETRY_AFTER, Refused
from lrs.http.paths import route_path
from lrs.log import Full, Log, Unavailable
from lrs.record.reader import Finder
from lrs.record.recorder import Recorder
from lrs.store.client import Store

_BASIC = 'Basic realm="Pacer", charset="UTF-8"'
_BEARER = 'Bearer realm="Pacer"'


@dataclass(slots=True)
class State:
    """The parts of one API process."""

    log: Log
    store: Store
    catalogs: Catalogs
    credentials: Credentials
    recorder: Recorder
    finder: Finder
    documents: Documents
    attachments: Attachments
    freshness: Callable[[], dict[str, Any]]
    log_answers: Callable[[], bool] = lambda: True
    guard: Guard | None = None  # of cmi5 sessions
    acknowledged: int = 0  # position after the last statement acknowledged here: reads wait for it
    tokens: Tokens | None = None  # of an OpenID Connect issuer
    rates: Buckets = field(default_factory=Buckets)  # of credentials
    checks: Checks = field(default_factory=Checks)  # of secrets


def now() -> int:
    """µs since the epoch."""
    return time.time_ns() // 1000


def state(request: Request) -> State:
    """The parts, from a request."""
    found: State = request.app.state.parts
    return found


async def credential(request: Request, *wanted: Scope) -> Credential:
    """Who asks, holding one of the wanted rights (none named: all).

    Raises Refused: 401, 403 without the right, 429 when it asks too often, 503 when that cannot be told.
    """
    parts = state(request)
    header = request.headers.get("authorization", "")
    bearer = header[:7].lower() == "bearer "
    try:
        found = await _by_token(parts, header[7:].strip()) if bearer else await _by_secret(request, parts, header)
        if parts.guard is not None:
            found = await parts.guard.limit(
                found, Asked(request.method, route_path(request.scope), request.query_params)
            )
    except Forbidden as error:
        raise Refused(403, str(error), error.field) from None
    except (Full, Unavailable) as error:
        raise Refused(503, f"{error}: try again", headers=RETRY_AFTER) from error
    if found.rate is not None and (wait := parts.rates.take(found.key, found.rate)):
        raise _later(wait, f"this credential may ask {found.rate.per_second:g} times a second")
    if not allows(found.scopes, frozenset(wanted), request.method in ("GET", "HEAD")):
        named = " or ".join(wanted) or Scope.ALL
        challenge = f'{_BEARER}, error="insufficient_scope"'
        raise Refused(
            403,
            f"this credential lacks the scope {named}",
            "scope",
            {"WWW-Authenticate": challenge} if bearer else None,
        )
    return found


async def current_tenant(request: Request) -> str:
    """Whose data is asked for. Raises Refused as `credential` does."""
    return (await credential(request)).tenant


async def _by_secret(request: Request, parts: State, header: str) -> Credential:
    if found := await _known(parts, header):
        return found
    challenge = {"WWW-Authenticate": f"{_BASIC}, {_BEARER}" if parts.tokens else _BASIC}
    pair = basic(header)
    if pair is None:
        raise Refused(401, "give the key and secret of a credential with HTTP Basic", headers=challenge)
    address = request.client.host if request.client else ""
    if wait := await parts.checks.check(parts.credentials.verify, header, address, pair[0]):
        raise _later(wait, "too many wrong secrets came from this address")
    # What was checked a moment ago may have been revoked since.
    if found := await _known(parts, header):
        return found
    raise Refused(401, "there is no credential with this key and secret", headers=challenge)


async def _known(parts: State, header: str) -> Credential | None:
    credentials = parts.credentials
    return credentials.known(header) if credentials.quick else await run_in_threadpool(credentials.known, header)


async def _by_token(parts: State, token: str) -> Credential:
    if parts.tokens is None:
        raise Refused(
            401,
            "no issuer of tokens is set up: give a key and secret with HTTP Basic",
            headers={"WWW-Authenticate": _BASIC},
        )
    try:
        return await parts.tokens.verify(token)
    except BadToken as error:
        challenge = {"WWW-Authenticate": f'{_BEARER}, error="invalid_token"'}
        raise Refused(401, f"the token is not valid: {error}", headers=challenge) from None
    except IssuerDown as error:
        raise Refused(503, f"{error}: try again", headers=RETRY_AFTER) from error


def _later(wait: float, why: str) -> Refused:
    seconds = math.ceil(wait)
    return Refused(429, f"{why}: try again in {seconds} s", headers={"Retry-After": str(seconds)})
