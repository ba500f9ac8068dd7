"""Statements as they were sent, where the log holds them repaired: records of the topic `originals`."""

from __future__ import annotations

from typing import Annotated

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


_originals_decoder = msgspec.json.Decoder(OriginalsRecord)


def decode(value: bytes) -> OriginalsRecord:
    """A record of the topic `originals`. Raises Unreadable and UnknownVersion."""
    return envelope.decode(_originals_decoder, value, "a record of originals")
