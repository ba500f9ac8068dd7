"""Signed statements: a JSON Web Signature as an attachment (xAPI 1.0.3, part 2, 2.6; IEEE 9274.1.1, 4.2.3)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_der_x509_certificate

from schemas.xapi import Invalid
from schemas.xapi.compare import same_signed

_ALGORITHMS = ("RS256", "RS384", "RS512")
_jws = jwt.PyJWS(algorithms=list(_ALGORITHMS))


LARGEST = 1 << 20  # bytes of a signature: its statement, base64 and certificates


def verify_signature(signature: bytes, statement: Mapping[str, Any]) -> None:
    """Check a compact JWS over a statement; its key only where the header brings the certificate. Raises Invalid."""
    if len(signature) > LARGEST:
        raise Invalid("attachments", f"the signature is larger than {LARGEST} bytes")
    try:
        header = jwt.get_unverified_header(signature)
        if header.get("alg") not in _ALGORITHMS:
            raise Invalid("attachments", f"the signature's algorithm is not one of {', '.join(_ALGORITHMS)}")
        key = _key(header)
        payload = _jws.decode_complete(
            signature, key or "", algorithms=list(_ALGORITHMS), options={"verify_signature": key is not None}
        )["payload"]
        signed = orjson.loads(payload)
    except (jwt.PyJWTError, orjson.JSONDecodeError, ValueError) as error:
        raise Invalid("attachments", f"the signature is not a valid JWS of a statement: {error}") from None
    if not isinstance(signed, dict) or not same_signed(signed, statement):
        raise Invalid("attachments", "the signature is of another statement")


def _key(header: Mapping[str, Any]) -> RSAPublicKey | None:
    """The key of the first certificate in the header. Raises ValueError."""
    chain = header.get("x5c")
    if not chain:
        return None
    try:
        key = load_der_x509_certificate(base64.b64decode(chain[0])).public_key()
    except (binascii.Error, TypeError, KeyError) as error:
        raise ValueError("x5c is not a chain of certificates") from error
    if not isinstance(key, RSAPublicKey):
        raise ValueError("the certificate's key is not an RSA key")
    return key
