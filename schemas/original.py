"""Statements as they were sent, where the log holds them repaired: records of the topic `originals`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

import msgspec

from schemas import envelope

ORIGINALS = "originals"


class Original(msgspec.Struct, frozen=True):
    """One statement: the id it is stored by, what was repaired (rule and field), and the bytes that were sent."""

    id: str
    repairs: list[str]
    sent: str  # statements are UTF-8


class OriginalsRecord(msgspec.Struct, frozen=True):
    """The originals of one request; `rules` is the version of the rules that repaired them."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    tenant: str
    credential: str
    time: int  # µs since the epoch
    rules: int
    statements: list[Original]


class SentStatement(NamedTuple):
    """What becomes an Original, with the bytes as they came: as text they may take four times as many."""

    repairs: list[str]
    sent: bytes


_originals_encoder = msgspec.json.Encoder()
_originals_decoder = msgspec.json.Decoder(OriginalsRecord)


def decode(value: bytes) -> OriginalsRecord:
    """A record of the topic `originals`. Raises Unreadable and UnknownVersion."""
    return envelope.decode(_originals_decoder, value, "a record of originals")


def encode_originals(tenant: str, credential: str, time: int, rules: int, by_id: Mapping[str, SentStatement]) -> bytes:
    """A record of the topic `originals`; one statement at a time becomes text, and JSON in its place."""
    empty = OriginalsRecord(envelope.ENVELOPE_VERSION, tenant, credential, time, rules, [])
    record = bytearray(envelope.encode(empty).removesuffix(b"]}"))
    for number, (id_, one) in enumerate(by_id.items()):
        if number:
            record += b","
        _originals_encoder.encode_into(Original(id_, one.repairs, one.sent.decode()), record, -1)
    record += b"]}"
    return bytes(record)
