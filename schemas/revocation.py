"""Records of the topic `revocations`: secrets that are refused from then on. `lrs serve` needs no other schema."""

from __future__ import annotations

from typing import Annotated

import msgspec


class Revocation(msgspec.Struct, frozen=True):
    """A secret that is refused: `secret` is a digest of the salted hash that is kept of it."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    key: str
    secret: str
