"""One verifier for each platform, until it is registered otherwise."""

from __future__ import annotations

from lrs.auth.launch_verifiers import LaunchVerifiers

ISSUER, JWKS = "https://lms.example", "https://lms.example/jwks"


def test_a_verifier_is_kept_until_the_platform_is_registered_otherwise() -> None:
    verifiers = LaunchVerifiers()
    first = verifiers.of("lms", ISSUER, "client", JWKS)
    assert verifiers.of("lms", ISSUER, "client", JWKS) is first  # so are the keys that it fetched
    assert verifiers.of("other", ISSUER, "client", JWKS) is not first
    changed = verifiers.of("lms", ISSUER, "another client", JWKS)
    assert (changed.issuer, changed.client) == (ISSUER, "another client")
    assert verifiers.of("lms", ISSUER, "another client", JWKS) is changed
    assert tuple(first.algorithms) == ("RS256",)
