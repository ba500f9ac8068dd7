"""Revocations as events of the log: a database of credentials that is restored older brings none back.

An event names the hash that stood for a secret which is refused from then on. So the events are a set: they can be
applied in any order and as often as one likes, and a credential that got another secret since is not concerned.
"""

from __future__ import annotations

import hashlib

import msgspec

from lrs.auth.credentials import Credentials
from lrs.log import Entry, Log
from schemas.envelope import ENVELOPE_VERSION, decode, encode
from schemas.record import REVOCATIONS
from schemas.revocation import Revocation

_REVOCATIONS_READ = 1_000
_revocation_decoder = msgspec.json.Decoder(Revocation)


def revoke(log: Log, credentials: Credentials, key: str) -> bool:
    """Refuse a credential for good, in the log first; False if there is none. Raises Transient, Full.

    Where the secret was rotated in between, the log refuses the new one as well.
    """
    refused = None
    while (secret_hash := credentials.kept_secret(key)) is not None:
        if secret_hash == refused:
            return credentials.revoke(key)
        _append(log, key, secret_hash)
        refused = secret_hash
    return False


def refuse_present_secret(log: Log, credentials: Credentials, key: str) -> bool:
    """Say in the log that the present secret of a credential is refused; False if there is none.

    Raises Transient, Full.
    """
    secret_hash = credentials.kept_secret(key)
    if secret_hash is None:
        return False
    _append(log, key, secret_hash)
    return True


def apply_revocations(log: Log, credentials: Credentials) -> list[str]:
    """Revoke what the log says is refused and the database does not; gives the keys.

    Raises Transient, LostData and UnknownVersion.
    """
    refused = _refused(log)
    revoked_keys = []
    for listed in credentials.listed():
        key = listed.credential.key
        secret_hash = credentials.kept_secret(key)
        if not listed.revoked and secret_hash is not None and (key, _digest(secret_hash)) in refused:
            credentials.revoke(key)
            revoked_keys.append(key)
    return revoked_keys


def _refused(log: Log) -> set[tuple[str, str]]:
    refused, position = set(), 0
    while records := log.read(REVOCATIONS, position, _REVOCATIONS_READ):
        for record in records:
            event = decode(_revocation_decoder, record.value, "a revocation")
            refused.add((event.key, event.secret))
        position = records[-1].position + 1
    return refused


def _append(log: Log, key: str, secret_hash: bytes) -> None:
    log.append(REVOCATIONS, Entry(key, encode(Revocation(ENVELOPE_VERSION, key, _digest(secret_hash)))))


def _digest(secret_hash: bytes) -> str:
    return hashlib.sha256(secret_hash).hexdigest()
