"""How every envelope of the log is read: its version is looked at first, then what that version says."""

from __future__ import annotations

from typing import Protocol, TypeVar

import msgspec

ENVELOPE_VERSION = 1  # of every envelope; a reader refuses what it does not know


class Unreadable(ValueError):
    """Bytes that are not a record of ours."""


class UnknownVersion(Exception):
    """A record that a newer release wrote. What reads on without it is wrong, so a stage halts at it."""


class Envelope(Protocol):
    """What says its version."""

    @property
    def version(self) -> int: ...


class _EnvelopeVersion(msgspec.Struct):
    version: int


_Envelope = TypeVar("_Envelope", bound=Envelope)
NOT_DECODABLE = (msgspec.MsgspecError, UnicodeDecodeError)  # a string that is not UTF-8 is no MsgspecError
_envelope_encoder = msgspec.json.Encoder()
_version_decoder = msgspec.json.Decoder(_EnvelopeVersion)


def encode(envelope: Envelope) -> bytes:
    """An envelope as JSON."""
    return _envelope_encoder.encode(envelope)


def decode(decoder: msgspec.json.Decoder[_Envelope], value: bytes, named: str) -> _Envelope:
    """An envelope of this version; `named` is what it should be. Raises Unreadable and UnknownVersion."""
    try:
        envelope = decoder.decode(value)
    except NOT_DECODABLE as error:
        if _version_of(value) in (None, ENVELOPE_VERSION):
            raise Unreadable(f"not {named}: {error}") from error
        envelope = None
    if envelope is None or envelope.version != ENVELOPE_VERSION:
        raise UnknownVersion(f"{named} has version {_version_of(value)}; this release reads version {ENVELOPE_VERSION}")
    return envelope


def _version_of(value: bytes) -> int | None:
    try:
        return _version_decoder.decode(value).version
    except NOT_DECODABLE:
        return None
