"""Attachments' data, outside ClickHouse: kept once for a tenant, a credential and a hash.

Data belongs to the credential that brought it: who knows a hash alone, and names it in a statement, gets nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple, Protocol
from urllib.parse import quote, unquote

from lrs.errors import Transient

TENANT = "tenant-"


class AttachmentKey(NamedTuple):
    """Whose data it is, and its sum."""

    tenant: str
    owner: str
    sha2: str

    def path(self) -> str:
        """Where it is kept, relative to the store."""
        return f"{TENANT}{quote(self.tenant, safe='')}/{quote(self.owner, safe='')}/{self.sha2.lower()}"

    @classmethod
    def parse(cls, path: str) -> AttachmentKey:
        """The key of a path. Raises ValueError."""
        tenant, owner, sha2 = path.split("/")
        return cls(unquote(tenant.removeprefix(TENANT)), unquote(owner), sha2)


def owner_of(credential: str) -> str:
    """What the data of a credential is kept under: its key may be too long for the name of a file."""
    return hashlib.sha256(credential.encode()).hexdigest()[:32]


class AttachmentsUnavailable(Transient):
    """Where attachments are kept cannot be reached or written: what was to be kept may or may not be."""


class Incoming(Protocol):
    """Data on its way in: summed up and written to disk as it comes, and nowhere to be found until it is kept."""

    sha2: str  # in lower case

    def write(self, piece: bytes) -> None:
        """Take a piece. Raises Full, AttachmentsUnavailable."""

    def whole(self) -> bool:
        """Whether the data has the sum that was said."""

    def content(self, most: int) -> bytes:
        """The data so far, up to so many bytes."""

    def keep(self, tenant: str, owner: str) -> None:
        """Keep the data for an owner (see owner_of), durably. Raises Full, AttachmentsUnavailable."""

    def discard(self) -> None:
        """Throw the data away, if it has not been kept."""


class Attachments(Protocol):
    """What a folder and an object store both do. Safe to use from many threads; what is kept never changes."""

    def receive(self, sha2: str) -> Incoming:
        """Start to take data in whose SHA-2 sum is said to be `sha2` (hex).

        Raises ValueError where that is not such a sum, Full, and AttachmentsUnavailable.
        """

    def size(self, tenant: str, owner: str, sha2: str) -> int | None:
        """The bytes of an attachment; None if it is not kept here. Raises AttachmentsUnavailable."""

    def read(self, tenant: str, owner: str, sha2: str) -> Iterator[bytes]:
        """An attachment's data, in pieces of a bounded size. Raises AttachmentsUnavailable."""

    def names(self) -> Iterator[AttachmentKey]:
        """Every attachment that is kept. Raises AttachmentsUnavailable."""
