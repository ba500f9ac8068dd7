"""The public keys of an OpenID Connect issuer: fetched when needed, kept, and fetched again when they change."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any

import jwt
import orjson
from aiohttp import ClientError, ClientResponse

from lrs.errors import Refused, Transient
from lrs.outgoing.session import OutgoingSession

FRESH_SECONDS = 300.0  # a key that the issuer took back is refused after so long at the latest
PAUSE_SECONDS = 10.0  # between two fetches: tokens with made-up key ids cannot flood the issuer
TIMEOUT_SECONDS = 3.0
_MOST_KEYS_BYTES = 1 << 20
_DISCOVERY = "/.well-known/openid-configuration"
_ALGORITHMS = {  # by type of key and curve; symmetric ones and `none` are no signatures of an issuer
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
    ("OKP", "Ed448"): ("EdDSA",),
}
_log = logging.getLogger(__name__)


class IssuerDown(Transient):
    """The issuer does not answer, and the key that is asked for is not known."""


class OtherIssuer(Refused, ValueError):
    """The discovery document names another issuer, as where a slash at the end is missing."""


class IssuerKey:
    """A public key, and what it may have signed with."""

    def __init__(self, sent: dict[str, Any]) -> None:
        """A key of a JWKS. Raises jwt.PyJWTError, and ValueError where it is not a key for signatures."""
        key_algorithms = _ALGORITHMS.get((str(sent.get("kty")), sent.get("crv")), ())
        own = sent.get("alg")
        self.algorithms = tuple(algorithm for algorithm in key_algorithms if own in (None, algorithm))
        if not self.algorithms or sent.get("use", "sig") != "sig":
            raise ValueError("no key that verifies signatures")
        self.key: Any = jwt.PyJWK(sent, self.algorithms[0]).key


class IssuerKeys:
    """The keys of one issuer, by their ids. For one event loop. `clock` gives seconds."""

    def __init__(self, issuer: str, jwks: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        """`jwks` is where the keys are; "": where the issuer's discovery document says."""
        self._issuer = issuer
        self._jwks = jwks
        self._clock = clock
        self._keys: dict[str | None, IssuerKey] = {}
        self._tried: float | None = None
        self._failed = False
        self._lock = asyncio.Lock()

    async def find(self, kid: str | None) -> IssuerKey | None:
        """A key; None if the issuer has none with this id. Raises IssuerDown."""
        if self._due(kid):
            async with self._lock:
                if self._due(kid):  # no other request fetched them while this one waited
                    await self._fetch()
        issuer_key = self._keys.get(kid)
        if issuer_key is None and self._failed:
            raise IssuerDown("the issuer of tokens does not answer")
        return issuer_key

    def _due(self, kid: str | None) -> bool:
        if self._tried is None:
            return True
        age = self._clock() - self._tried
        return age >= FRESH_SECONDS or (age >= PAUSE_SECONDS and (self._failed or kid not in self._keys))

    async def _fetch(self) -> None:
        failed = True
        try:
            async with OutgoingSession([self._issuer, self._jwks], TIMEOUT_SECONDS) as session:
                jwks = await fetch_json(session, self._jwks or await self._discovered(session))
            self._keys = _read(jwks["keys"])
            failed = False
        except (ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            _log.warning("the keys of %s could not be read: %s", self._issuer, type(error).__name__)
        finally:
            self._tried, self._failed = self._clock(), failed

    async def _discovered(self, session: OutgoingSession) -> str:
        return str((await discover(session, self._issuer))["jwks_uri"])


async def discover(session: OutgoingSession, issuer: str) -> dict[str, Any]:
    """An issuer's discovery document. Raises ClientError, TimeoutError, OSError, KeyError, TypeError and ValueError."""
    discovery: dict[str, Any] = await fetch_json(session, issuer.rstrip("/") + _DISCOVERY)
    if discovery["issuer"] != issuer:
        raise OtherIssuer(f"the discovery document is another issuer's: {discovery['issuer']!r:.200}, not {issuer}")
    return discovery


async def discovered_issuer(issuer: str) -> str:
    """Ask whether an issuer is who its discovery document says: "" where it is, else why that is not known.

    Raises OtherIssuer.
    """
    try:
        async with OutgoingSession([issuer], TIMEOUT_SECONDS) as session:
            await discover(session, issuer)
    except OtherIssuer:
        raise
    except (ClientError, TimeoutError, OSError, KeyError, TypeError, ValueError) as error:
        return str(error) or type(error).__name__
    return ""


async def fetch_json(session: OutgoingSession, url: str, **more: Any) -> Any:
    """What a GET answers. Raises ClientError, TimeoutError, OSError and ValueError."""
    async with session.request("GET", url, **more) as answer:
        if answer.status != 200:
            raise ValueError(f"the answer is {answer.status}")
        return await read_json(answer)


async def read_json(answer: ClientResponse) -> Any:
    """An answer's JSON, up to a limit. Raises ClientError, TimeoutError and ValueError."""
    raw = b""
    async for part in answer.content.iter_chunked(1 << 16):
        raw += part
        if len(raw) > _MOST_KEYS_BYTES:
            raise ValueError("the answer is too large")
    return orjson.loads(raw)


def _read(sent: list[dict[str, Any]]) -> dict[str | None, IssuerKey]:
    """The keys that verify signatures; a single one is found without an id, too."""
    issuer_keys: dict[str | None, IssuerKey] = {}
    for jwk in sent:
        try:
            issuer_keys[jwk.get("kid")] = IssuerKey(jwk)
        except (jwt.PyJWTError, ValueError):
            continue  # of another use, or of a kind that is not known here
    if len(issuer_keys) == 1:
        issuer_keys[None] = next(iter(issuer_keys.values()))
    return issuer_keys
