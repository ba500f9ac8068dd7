"""The key with which this store signs what it says to learning platforms; they fetch its public half."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import insert, select

from lrs.accounts.account_tables import metadata, tool_keys
from lrs.database.sql_store import SqlStore

ALGORITHM = "RS256"  # the one that LTI knows
_KEY_BITS = 2048


class ToolKey(NamedTuple):
    """A private key, and the id that its public half has."""

    kid: str
    private: rsa.RSAPrivateKey

    @property
    def public(self) -> dict[str, Any]:
        """As it is in a JWKS."""
        return {**orjson.loads(RSAAlgorithm.to_jwk(self.private.public_key())), "kid": self.kid, "use": "sig",
                "alg": ALGORITHM}  # fmt: skip

    def sign(self, claims: dict[str, Any]) -> str:
        """A token with these claims."""
        return jwt.encode(claims, self.private, ALGORITHM, {"kid": self.kid})


class ToolKeys(SqlStore):
    """The key in one database, made when it is first asked for. Safe to use from many threads and processes."""

    def __init__(self, url: str, clock: Callable[[], float] = time.time) -> None:
        super().__init__(metadata, url, "accounts'")
        self._clock = clock

    def current(self) -> ToolKey:
        """The key to sign with."""
        if not (tool_keys_kept := self.all()):
            private_key = rsa.generate_private_key(public_exponent=65537, key_size=_KEY_BITS)
            format_ = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            values = {"kid": secrets.token_hex(8), "private": private_key.private_bytes(*format_).decode()}
            with self._writing() as connection:
                connection.execute(insert(tool_keys).values(made=int(self._clock()), **values))
            tool_keys_kept = self.all()  # of two that were made at once, all take the same
        return tool_keys_kept[0]

    def all(self) -> list[ToolKey]:
        """Every key whose public half platforms may need, the one that signs first."""
        with self._reading() as connection:
            rows = connection.execute(select(tool_keys).order_by(tool_keys.c.made, tool_keys.c.kid)).mappings().all()
        loaded_keys = []
        for row in rows:
            private = serialization.load_pem_private_key(row["private"].encode(), None)
            assert isinstance(private, rsa.RSAPrivateKey)
            loaded_keys.append(ToolKey(row["kid"], private))
        return loaded_keys
