"""Bearer tokens of a real issuer on the loopback, whose keys change and which goes away."""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from collections.abc import Iterator
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lrs.auth.credentials import Credential
from lrs.auth.issuer import Issuer
from lrs.auth.keys import FRESH_SECONDS, PAUSE_SECONDS, IssuerDown
from lrs.auth.scopes import Scope
from lrs.auth.tokens import BadToken, Tokens
from tests.support.clock import Clock
from tests.support.issuer import AUDIENCE, CLAIMS, Pair, TestIssuer, issuing, pair
from tests.support.server import free_port

RSA, OTHER = pair("rsa"), pair("other")
ADA = Credential("oidc:ada", "school", frozenset({Scope.STATEMENTS_WRITE, Scope.STATEMENTS_READ}))


@pytest.fixture
def issuer() -> Iterator[TestIssuer]:
    with issuing() as found:
        found.rotate(RSA)
        yield found


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(issuer: TestIssuer, clock: Clock) -> Tokens:
    return Tokens(Issuer(issuer.url, AUDIENCE), clock)


def verify(tokens: Tokens, *sent: str) -> list[Credential | str]:
    """What each token is worth: a credential, or why it is nothing."""

    async def one(token: str) -> Credential | str:
        try:
            return await tokens.verify(token)
        except (BadToken, IssuerDown) as error:
            return f"{type(error).__name__}: {error}"

    async def each() -> list[Credential | str]:
        return [await one(token) for token in sent]

    return asyncio.run(each())


def refused(tokens: Tokens, token: str) -> str:
    (found,) = verify(tokens, token)
    assert isinstance(found, str), found
    return found


def test_a_token_is_a_credential(tokens: Tokens, issuer: TestIssuer) -> None:
    assert verify(tokens, issuer.token(RSA)) == [ADA]
    assert issuer.asked == ["/.well-known/openid-configuration", "/jwks"]


def test_keys_are_fetched_once(tokens: Tokens, issuer: TestIssuer) -> None:
    async def together() -> list[Credential]:
        return await asyncio.gather(*(tokens.verify(issuer.token(RSA, sub=f"s{n}")) for n in range(20)))

    assert len({found.key for found in asyncio.run(together())}) == 20
    assert issuer.asked.count("/jwks") == 1


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"])
def test_algorithms_of_key_pairs(tokens: Tokens, issuer: TestIssuer, algorithm: str) -> None:
    key = pair("k", algorithm)
    issuer.rotate(RSA, key)
    assert verify(tokens, issuer.token(key)) == [ADA]


def test_a_key_of_the_right_kind_alone(tokens: Tokens, issuer: TestIssuer) -> None:
    """A key says what it signs with; one for encryption signs nothing."""
    issuer.keys = [
        RSA.public | {"alg": "RS512"},
        OTHER.public | {"use": "enc"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s"},
    ]
    assert "algorithm" in refused(tokens, issuer.token(RSA))
    assert "key" in refused(tokens, issuer.token(OTHER))
    secret = jwt.encode({"sub": "ada"}, b"secret" * 8, "HS256", {"kid": "s"})
    assert "key" in refused(tokens, secret)


def test_no_signature_and_no_shared_secret(tokens: Tokens, issuer: TestIssuer) -> None:
    """Neither `none` nor HMAC, with the public key as its secret, too."""
    _, payload, signature = issuer.token(RSA).split(".")
    public = RSA.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for algorithm in ("none", "None", "HS256", "ES256", "ES256K", 7, None, ["RS256"]):
        header = _encoded(orjson.dumps({"alg": algorithm, "kid": "rsa"}))
        shared = _encoded(hmac.digest(public, f"{header}.{payload}".encode(), "sha256"))
        for mark in (signature, "", shared):
            assert refused(tokens, f"{header}.{payload}.{mark}").startswith("BadToken")


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


PAST, LATER = time.time() - 60, time.time() + 3600
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"exp": PAST}, "expired"),
    ({"exp": None}, "exp"),
    ({"exp": "soon"}, "exp"),
    ({"nbf": LATER}, "not yet valid"),
    ({"iss": "https://evil.example"}, "issuer"),
    ({"iss": None}, "iss"),
    ({"aud": "another"}, "udience"),
    ({"aud": None}, "aud"),
    ({"sub": None}, "sub"),
    ({"sub": ""}, "sub"),
    ({"sub": "a\nb"}, "sub"),
    ({"sub": "a" * 251}, "sub"),
    ({"tenant": None}, "tenant"),
    ({"tenant": ""}, "tenant"),
    ({"tenant": ["school"]}, "tenant"),
]


@pytest.mark.parametrize(("claims", "named"), WRONG)
def test_claims_that_do_not_hold(tokens: Tokens, issuer: TestIssuer, claims: dict[str, Any], named: str) -> None:
    reason = refused(tokens, issuer.token(RSA, **claims))
    assert reason.startswith("BadToken")
    assert named in reason


def test_another_key_under_the_same_id(tokens: Tokens, issuer: TestIssuer) -> None:
    forged = issuer.token(Pair("rsa", "RS256", OTHER.private))
    assert "ignature" in refused(tokens, forged)


DEEP = _encoded(b'{"alg":"RS256","kid":' + b"[" * 5000 + b"]" * 5000 + b"}")


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.", "e30.e30.e30", f"{DEEP}.e30.e30", "\0", "é.é.é"])
def test_what_is_no_token(tokens: Tokens, token: str) -> None:
    assert refused(tokens, token).startswith("BadToken")


def test_a_payload_that_is_nested_too_deep(tokens: Tokens, issuer: TestIssuer) -> None:
    token = jwt.PyJWS().encode(b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", RSA.private, "RS256", {"kid": "rsa"})
    assert refused(tokens, token).startswith("BadToken")


def test_a_key_that_is_too_short(tokens: Tokens, issuer: TestIssuer) -> None:
    short = Pair("short", "RS256", rsa.generate_private_key(public_exponent=65537, key_size=1024))
    issuer.rotate(RSA, short)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = issuer.token(short)
    assert "1024 bits" in refused(tokens, token)


def test_claims_may_have_other_names(issuer: TestIssuer) -> None:
    named = Issuer(issuer.url, AUDIENCE, f"{issuer.url}/jwks", "https://school.example/tenant", "roles", "lrs-")
    tokens = Tokens(named)
    claims: dict[str, Any] = {"https://school.example/tenant": "west", "roles": ["lrs-all/read", "lrs-none", "all", 7]}
    assert verify(tokens, issuer.token(RSA, **claims)) == [Credential("oidc:ada", "west", frozenset({Scope.ALL_READ}))]
    assert issuer.asked == ["/jwks"]


@pytest.mark.parametrize("scope", [None, "", "profile all statements/write", 7, {"xapi:all": True}])
def test_no_scope_is_no_right(tokens: Tokens, issuer: TestIssuer, scope: object) -> None:
    """OpenID Connect's own `profile` is not the xAPI's, and a token without scopes may do nothing."""
    (found,) = verify(tokens, issuer.token(RSA, scope=scope))
    assert isinstance(found, Credential)
    assert found.scopes == frozenset()


def test_a_new_key_is_found_and_the_old_one_goes(tokens: Tokens, issuer: TestIssuer, clock: Clock) -> None:
    assert verify(tokens, issuer.token(RSA)) == [ADA]
    new = pair("new", "ES256")
    issuer.rotate(new)
    clock.now += PAUSE_SECONDS
    assert verify(tokens, issuer.token(new)) == [ADA]
    assert "key" in refused(tokens, issuer.token(RSA))


def test_a_key_that_was_taken_back_is_refused_in_time(tokens: Tokens, issuer: TestIssuer, clock: Clock) -> None:
    assert verify(tokens, issuer.token(RSA)) == [ADA]
    issuer.rotate(OTHER)
    clock.now += FRESH_SECONDS
    assert "key" in refused(tokens, issuer.token(RSA))


def test_made_up_key_ids_do_not_flood_the_issuer(tokens: Tokens, issuer: TestIssuer, clock: Clock) -> None:
    made_up = [issuer.token(OTHER, {"kid": f"k{n}"}) for n in range(20)]
    assert verify(tokens, *made_up, issuer.token(RSA))[-1] == ADA
    assert issuer.asked.count("/jwks") == 1
    clock.now += PAUSE_SECONDS
    verify(tokens, *made_up)
    assert issuer.asked.count("/jwks") == 2


def test_an_issuer_that_is_down(tokens: Tokens, issuer: TestIssuer, clock: Clock) -> None:
    """503 only where its keys are not known; those that are go on."""
    issuer.status = 500
    assert refused(tokens, issuer.token(RSA)).startswith("IssuerDown")
    assert refused(tokens, issuer.token(RSA)).startswith("IssuerDown")
    assert len(issuer.asked) == 1
    issuer.status = 200
    clock.now += PAUSE_SECONDS
    assert verify(tokens, issuer.token(RSA)) == [ADA]
    issuer.status = 500
    clock.now += FRESH_SECONDS
    assert verify(tokens, issuer.token(RSA)) == [ADA]
    clock.now += PAUSE_SECONDS
    assert refused(tokens, issuer.token(OTHER)).startswith("IssuerDown")
    assert verify(tokens, issuer.token(RSA)) == [ADA]


def test_an_issuer_that_nobody_hears_or_that_is_another(issuer: TestIssuer, tokens: Tokens) -> None:
    nowhere = Tokens(Issuer(f"http://127.0.0.1:{free_port()}", AUDIENCE))
    assert refused(nowhere, issuer.token(RSA)).startswith("IssuerDown")
    issuer.named = "https://evil.example"
    assert refused(tokens, issuer.token(RSA)).startswith("IssuerDown")


def test_a_jwks_that_is_none(tokens: Tokens, issuer: TestIssuer) -> None:
    none: list[Any] = [7, {"kty": "RSA"}, {"kid": ["x"], "kty": "RSA"}, {}]
    for one in none:
        issuer.keys = [one]
        (found,) = verify(Tokens(Issuer(issuer.url, AUDIENCE)), issuer.token(RSA))
        assert isinstance(found, str)


def test_a_single_key_needs_no_id(tokens: Tokens, issuer: TestIssuer) -> None:
    claims = {"iss": issuer.url, "aud": AUDIENCE, "exp": LATER, **CLAIMS}
    token = jwt.encode(claims, RSA.private, "RS256")
    assert verify(tokens, token) == [ADA]
    issuer.rotate(RSA, OTHER)
    assert "key" in refused(Tokens(Issuer(issuer.url, AUDIENCE)), token)


@pytest.mark.parametrize(
    "settings", [("issuer", "a"), ("ftp://x", "a"), ("https://", "a"), ("https://x", ""), ("https://x", "a", "/j")]
)
def test_issuers_that_cannot_be(settings: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"URL|audience"):
        Issuer(*settings)
