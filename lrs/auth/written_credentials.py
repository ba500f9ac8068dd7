"""Credentials as an operator writes them, in an option, a variable or a file: KEY:SECRET or KEY:SECRET:TENANT."""

from __future__ import annotations

from typing import NamedTuple

from lrs.auth.credentials import DEFAULT_TENANT

FORMAT = "KEY:SECRET or KEY:SECRET:TENANT"


class WrittenCredential(NamedTuple):
    """A credential that is to be added; `Credentials.add` checks its parts."""

    key: str
    secret: str
    tenant: str


def parse_credential(text: str) -> WrittenCredential:
    """Read one credential. A part that is missing is empty, and the tenant is the default one where none is named."""
    key, _, rest = text.partition(":")
    secret, _, tenant = rest.partition(":")
    return WrittenCredential(key, secret, tenant or DEFAULT_TENANT)


def credential_lines(text: str) -> list[str]:
    """The credentials of a file, one a line, without empty lines and comments."""
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]
