"""Attachments' data: kept once a tenant and hash, outside ClickHouse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from lrs.errors import Transient


class Unavailable(Transient):
    """Where attachments are kept cannot be reached or written: what was to be kept may or may not be."""


class Incoming(Protocol):
    """Data on its way in: summed up and written to disk as it comes, and nowhere to be found until it is kept."""

    sha2: str  # in lower case

    def write(self, piece: bytes) -> None:
        """Take a piece. Raises Full, Unavailable."""

    def whole(self) -> bool:
        """Whether the data has the sum that was said."""

    def content(self) -> bytes:
        """The data so far."""

    def keep(self, tenant: str) -> None:
        """Keep the data, durably; the same data again costs no room. Raises Full, Unavailable."""

    def discard(self) -> None:
        """Throw the data away, if it has not been kept."""


class Attachments(Protocol):
    """What a folder and an object store both do. Safe to use from many threads; what is kept never changes."""

    def receive(self, sha2: str) -> Incoming:
        """Start to take data in whose SHA-2 sum is said to be `sha2` (hex).

        Raises ValueError where that is no such sum, Full, and Unavailable.
        """

    def size(self, tenant: str, sha2: str) -> int | None:
        """The bytes of an attachment; None if it is not kept here. Raises Unavailable."""

    def read(self, tenant: str, sha2: str) -> Iterator[bytes]:
        """An attachment's data, in pieces of a bounded size. Raises Unavailable."""

    def names(self) -> Iterator[tuple[str, str]]:
        """The tenant and the sum of every attachment that is kept. Raises Unavailable."""
