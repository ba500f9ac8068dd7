"""ID tokens of OpenID Connect and messages of LTI 1.3: JWTs that somebody else's server signed for this store.

Everything is always checked: signature by a key of the issuer, issuer, audience and authorized party, expiry, age,
subject, and the nonce that this store made (OpenID Connect Core, 3.1.3.7; 1EdTech Security Framework, 5.1.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import compare_digest
from typing import Any

from lrs.auth.keys import IssuerKeys
from lrs.auth.tokens import BadToken, claims_of
from schemas.wording import worded

LEEWAY_SECONDS = 60  # between the issuer's clock and this one
MOST_TOKEN_BYTES = 64 << 10
_LONGEST_SUBJECT = 255
_NEEDED = ["exp", "iat", "iss", "aud"]


@dataclass(frozen=True, slots=True)
class IdTokens:
    """Verifies those of one issuer for one client id. `algorithms`: empty for all that the issuer's keys are for."""

    issuer: str
    client: str
    keys: IssuerKeys
    algorithms: Sequence[str] = ()

    async def verify(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token.

        Raises BadToken and IssuerDown. That a nonce comes once is for the caller to see to.
        """
        if len(token) > MOST_TOKEN_BYTES:
            raise BadToken(worded("it is too long"))
        claims = await claims_of(
            token, self.keys, self.issuer, self.client, LEEWAY_SECONDS, _NEEDED, algorithms=self.algorithms
        )
        self._check_party(claims)
        token_nonce = claims.get("nonce")
        if not isinstance(token_nonce, str) or not compare_digest(
            token_nonce.encode(errors="surrogatepass"), nonce.encode()
        ):
            raise BadToken(worded("its nonce is not the one that was sent"))
        return claims

    def _check_party(self, claims: dict[str, Any]) -> None:
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if "azp" not in claims:
            if several:
                raise BadToken(worded("it is for several audiences and does not say who was authorized"))
        elif claims["azp"] != self.client:
            raise BadToken(worded("another client was authorized"))


def subject_of(claims: dict[str, Any]) -> str:
    """Whom a token is about. Raises BadToken."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT or not subject.isprintable():
        raise BadToken(worded("its claim sub is not 1 to %(most)s printable characters", most=_LONGEST_SUBJECT))
    return subject
