"""Bearer tokens of an OpenID Connect issuer (RFC 6750, RFC 7519): a JWT, and the credential that it is worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import jwt

from lrs.auth.credentials import Credential, is_tenant
from lrs.auth.issuer import Issuer
from lrs.auth.keys import IssuerKeys
from lrs.auth.scopes import Scope, scopes_among
from schemas.wording import worded

KEY_PREFIX = "oidc:"  # no key of HTTP Basic holds a colon
LEEWAY_SECONDS = 10  # between the issuer's clock and this one
_LONGEST_SUBJECT = 250  # characters of a subject
_NEEDED = ["exp", "iss", "aud", "sub"]


class BadToken(Exception):
    """A token that is worth nothing; the text says why."""


class Tokens:
    """Verifies the tokens of one issuer. For one event loop. `clock` gives seconds, for the age of keys."""

    def __init__(self, issuer: Issuer, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._keys = IssuerKeys(issuer.url, issuer.jwks, clock)

    async def verify(self, token: str) -> Credential:
        """What a token is worth. Raises BadToken and IssuerDown."""
        of = self._issuer
        return self._credential(await claims_of(token, self._keys, of.url, of.audience, LEEWAY_SECONDS, _NEEDED))

    def _credential(self, claims: dict[str, Any]) -> Credential:
        subject, tenant = claims["sub"], claims.get(self._issuer.tenant_claim)
        if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
            raise BadToken(f"its claim sub is not 1 to {_LONGEST_SUBJECT} printable characters")
        if not isinstance(tenant, str) or not is_tenant(tenant):
            raise BadToken(f"its claim {self._issuer.tenant_claim} does not name a tenant")
        return Credential(KEY_PREFIX + subject, tenant, self._scopes(claims.get(self._issuer.scope_claim)))

    def _scopes(self, claim: object) -> frozenset[Scope]:
        words = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
        prefix = self._issuer.prefix
        return scopes_among(w.removeprefix(prefix) for w in words if isinstance(w, str) and w.startswith(prefix))


async def claims_of(
    token: str,
    keys: IssuerKeys,
    issuer: str,
    audience: str,
    leeway: int,
    needed: Sequence[str],
    algorithms: Sequence[str] = (),
) -> dict[str, Any]:
    """What a JWT claims, once its signature, issuer, audience and times are verified. Raises BadToken and IssuerDown.

    leeway: in seconds; needed: claims that it must have; algorithms: empty for all that the issuer's keys are for.
    """
    header = header_of(token)
    kid, algorithm = header.get("kid"), header.get("alg")
    issuer_key = await keys.find(kid if isinstance(kid, str) else None)
    if issuer_key is None:
        raise BadToken(worded("its key is not one of the issuer's"))
    if algorithm not in issuer_key.algorithms or (algorithms and algorithm not in algorithms):
        raise BadToken(worded("its algorithm is not one of its key's"))
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            issuer_key.key,
            algorithms=[algorithm],
            issuer=issuer,
            audience=audience,
            leeway=leeway,
            options={"require": list(needed), "enforce_minimum_key_length": True},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BadToken(str(error) if isinstance(error, jwt.PyJWTError) else worded("it cannot be read")) from None
    return claims


def header_of(token: str) -> dict[str, Any]:
    """A JWT's header, which nobody has verified. Raises BadToken."""
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise BadToken("it is not a JWT") from None
