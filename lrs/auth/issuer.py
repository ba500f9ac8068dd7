"""Whose bearer tokens are accepted."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Issuer:
    """The issuer whose tokens are accepted, and the names of its claims. Raises ValueError for an invalid URL.

    `jwks` is where the keys are; "": where the issuer's discovery document says. A scope is a word of the scope claim
    behind `prefix`: OpenID Connect's own scope `profile` is not the xAPI's.
    """

    url: str
    audience: str
    jwks: str = ""
    tenant_claim: str = "tenant"
    scope_claim: str = "scope"
    prefix: str = "xapi:"

    def __post_init__(self) -> None:
        for url in (self.url, *([self.jwks] if self.jwks else [])):
            parts = urlsplit(url)
            if parts.scheme not in ("https", "http") or not parts.netloc:
                raise ValueError(f"{url!r} is not a URL (https://…)")
        if "?" in self.url or "#" in self.url:
            raise ValueError(f"{self.url!r} names no issuer: it has a query or a fragment")
        if not self.audience:
            raise ValueError("tokens need an audience")
