"""An OpenID Connect issuer on the loopback: discovery, keys that can be changed, and tokens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from tests.support.served import handling

AUDIENCE = "pacer"
CLAIMS = {"sub": "ada", "tenant": "school", "scope": "openid profile xapi:statements/write xapi:statements/read"}


@dataclass
class Pair:
    """A key of an issuer."""

    kid: str
    algorithm: str
    private: Any

    @property
    def public(self) -> dict[str, Any]:
        """As it is written in a JWKS."""
        kinds: dict[str, Any] = {"R": RSAAlgorithm, "P": RSAAlgorithm, "E": ECAlgorithm}
        kind = OKPAlgorithm if self.algorithm == "EdDSA" else kinds[self.algorithm[0]]
        return {**orjson.loads(kind.to_jwk(self.private.public_key())), "kid": self.kid, "use": "sig"}


def pair(kid: str, algorithm: str = "RS256") -> Pair:
    """A new key."""
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        return Pair(kid, algorithm, ec.generate_private_key(curves[algorithm]))
    if algorithm == "EdDSA":
        return Pair(kid, algorithm, ed25519.Ed25519PrivateKey.generate())
    return Pair(kid, algorithm, rsa.generate_private_key(public_exponent=65537, key_size=2048))


@dataclass
class TestIssuer:
    """A running issuer: what it answers can be changed, and what it was asked is kept."""

    __test__ = False

    url: str
    keys: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    status: int = 200
    named: str = ""  # the issuer that its discovery document names, if it is not this one

    def rotate(self, *pairs: Pair) -> None:
        """Have these keys, and no others."""
        self.keys = [one.public for one in pairs]

    def token(self, key: Pair, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token that is valid but for what is said; a claim that is None is left out."""
        now = time.time()
        made = {"iss": self.url, "aud": AUDIENCE, "exp": now + 300, "iat": now, **CLAIMS, **claims}
        kept = {name: value for name, value in made.items() if value is not None}
        return jwt.encode(kept, key.private, key.algorithm, {"kid": key.kid, **(header or {})})


@contextmanager
def issuing() -> Iterator[TestIssuer]:
    """A running issuer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            bodies = {
                "/.well-known/openid-configuration": {
                    "issuer": found.named or found.url,
                    "jwks_uri": f"{found.url}/jwks",
                },
                "/jwks": {"keys": found.keys},
            }
            body = orjson.dumps(bodies.get(self.path))
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Nothing: tests look at `asked`."""

    with handling(Handler) as server:
        found = TestIssuer(f"http://127.0.0.1:{server.server_port}")
        yield found
