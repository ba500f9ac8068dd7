"""What verifies the launch messages of LTI platforms: one verifier for each, which keeps the platform's keys."""

from __future__ import annotations

from lrs.auth.id_tokens import IdTokens
from lrs.auth.keys import IssuerKeys

_ALGORITHMS = ("RS256",)  # the one that LTI knows


class LaunchVerifiers:
    """The verifiers of a process."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[tuple[str, str, str], IdTokens]] = {}

    def of(self, platform: str, issuer: str, client: str, jwks: str) -> IdTokens:
        """The verifier of a platform, by its name; another one once it is registered otherwise."""
        registered = (issuer, client, jwks)
        verifier = self._known.get(platform)
        if verifier is None or verifier[0] != registered:
            verifier = (registered, IdTokens(issuer, client, IssuerKeys(issuer, jwks), _ALGORITHMS))
            self._known[platform] = verifier
        return verifier[1]
