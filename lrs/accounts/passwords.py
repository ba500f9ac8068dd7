"""Passwords and PINs of people, kept as Argon2id hashes."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from schemas.wording import worded

LEAST_LENGTH, MOST_LENGTH = 10, 200  # of a password, in characters
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 << 10, parallelism=1)  # OWASP's setting: 19 MiB, ~40 ms
_HASH_OF_NO_ACCOUNT = _HASHER.hash("of an account that does not exist")


class BadPassword(ValueError):
    """A password that cannot be used."""


def hash_password(password: str) -> str:
    """The hash that the database keeps. Raises BadPassword."""
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise BadPassword(
            worded("a password must have %(least)s to %(most)s characters", least=LEAST_LENGTH, most=MOST_LENGTH)
        )
    return _HASHER.hash(password)


def hash_secret(secret: str) -> str:
    """What the database keeps of a PIN, which is too short for a password; whoever keeps it limits the tries."""
    return _HASHER.hash(secret)


def is_right(hashed: str | None, password: str) -> bool:
    """Whether the password matches; without a hash, False after the same time."""
    try:
        return _HASHER.verify(hashed or _HASH_OF_NO_ACCOUNT, password[: MOST_LENGTH + 1]) and hashed is not None
    except (Argon2Error, InvalidHashError):
        return False
