"""What stands in the log: envelopes around statements, catalog changes and dead letters.

An envelope is one line of JSON, a newline, and the payload's bytes as they came. A bundle holds one or
more statements of one tenant, so a consumer pays the cost of a record once per bundle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec

FORMAT = 1  # of every envelope here; a reader refuses what it does not know
INDEX_BITS = 16  # a bundle holds fewer than 2**16 statements

STATEMENTS = "statements"
CATALOG = "catalog"
OBSERVATIONS = "observations"
DEAD_LETTERS = "dead_letters"
DIRECT = "direct"  # statements as tools write them themselves: JSON, with the tenant and the credential in headers
CALIPER = "caliper"  # envelopes as they came: bundles whose first part is the envelope's head, with no data


MOVED = "moved"  # the key of observations that were not admitted, or are not read, in the order of their places
MOVED_PARTITIONS = (
    1 << 20
)  # added to the partition of an observation whose statement was not admitted in the order of its partition


class UnknownFormat(ValueError):
    """A record that this version of Pacer cannot read."""


def sequence(position: int, index: int) -> int:
    """Where the index-th statement of the bundle at `position` stands: grows along the log."""
    return (position << INDEX_BITS) | index


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    format: Annotated[int, msgspec.Meta(ge=1)]
    tenant: str
    credential: str
    received: int
    catalog: int
    lengths: list[Annotated[int, msgspec.Meta(ge=0)]]
    ids: list[str]
    seals: list[str] | None = None
    defines: bool = True
    places: list[tuple[int, int]] | None = None


class Bundle(msgspec.Struct, frozen=True):
    """Statements that were accepted together.

    received is in µs since the epoch; catalog is the catalog position they are interpreted with;
    seals names, for each statement, the learner's key it is sealed with (None: none is sealed);
    defines says whether the credential may define activities and agents (xAPI 1.0.3, part 3, 4.2);
    places is where each stood first, (partition, sequence), when they were sent on to another partition.
    """

    tenant: str
    credential: str
    received: int
    catalog: int
    ids: list[str]
    statements: list[bytes]
    seals: list[str] | None = None
    defines: bool = True
    places: list[tuple[int, int]] | None = None

    def place(self, partition: int, position: int, index: int) -> tuple[int, int]:
        """(partition, sequence) of the index-th statement of the bundle at `position` of `partition`."""
        return self.places[index] if self.places else (partition, sequence(position, index))

    def part(self, indexes: Sequence[int], places: list[tuple[int, int]] | None = None) -> Bundle:
        """Some of the statements, as a bundle of their own."""
        return Bundle(
            self.tenant,
            self.credential,
            self.received,
            self.catalog,
            [self.ids[index] for index in indexes],
            [self.statements[index] for index in indexes],
            defines=self.defines,
            places=places,
        )

    def encode(self) -> bytes:
        header = Header(
            FORMAT,
            self.tenant,
            self.credential,
            self.received,
            self.catalog,
            [len(s) for s in self.statements],
            self.ids,
            self.seals,
            self.defines,
            self.places,
        )
        return b"".join([_encoder.encode(header), b"\n", *self.statements])

    @classmethod
    def decode(cls, value: bytes) -> Bundle:
        """The bundle that `encode` wrote. Raises UnknownFormat."""
        header, payload = _open(value)
        statements, start = [], 0
        for length in header.lengths:
            statements.append(payload[start : start + length])
            start += length
        placed = len(statements) if header.places is None else len(header.places)
        if start != len(payload) or not len(header.ids) == len(statements) == placed:
            raise UnknownFormat("the record's lengths do not add up to its payload")
        return cls(
            header.tenant,
            header.credential,
            header.received,
            header.catalog,
            header.ids,
            statements,
            header.seals,
            header.defines,
            header.places,
        )


class CatalogRecord(msgspec.Struct, frozen=True):
    """A change of a tenant's catalog, as JSON of schemas.catalog.Change."""

    format: int
    tenant: str
    credential: str
    received: int
    change: msgspec.Raw


class DeadLetter(msgspec.Struct, frozen=True):
    """Something that could not be digested: by whom, why, where it stands, and the bytes themselves (as text)."""

    format: int
    stage: str
    reason: str
    topic: str
    position: int
    tenant: str
    received: int
    payload: str
    partition: int = 0


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError)  # a string that is not UTF-8 is no MsgspecError
_encoder = msgspec.json.Encoder()
_header = msgspec.json.Decoder(Header)
_catalog = msgspec.json.Decoder(CatalogRecord)
_dead_letter = msgspec.json.Decoder(DeadLetter)


def _open(value: bytes) -> tuple[Header, bytes]:
    end = value.find(b"\n")
    try:
        header = _header.decode(value[:end])
    except _UNREADABLE as error:
        raise UnknownFormat(f"the record's header is not readable: {error}") from error
    if header.format != FORMAT:
        raise UnknownFormat(f"the record has format {header.format}; this version reads format {FORMAT}")
    return header, value[end + 1 :]


def encode(record: CatalogRecord | DeadLetter) -> bytes:
    """A catalog record or a dead letter as bytes."""
    return _encoder.encode(record)


def decode_catalog(value: bytes) -> CatalogRecord:
    """Raises UnknownFormat."""
    try:
        record = _catalog.decode(value)
    except _UNREADABLE as error:
        raise UnknownFormat(f"not a catalog record: {error}") from error
    if record.format != FORMAT:
        raise UnknownFormat(f"the catalog record has format {record.format}; this version reads format {FORMAT}")
    return record


def decode_dead_letter(value: bytes) -> DeadLetter:
    """Raises UnknownFormat."""
    try:
        return _dead_letter.decode(value)
    except _UNREADABLE as error:
        raise UnknownFormat(f"not a dead letter: {error}") from error
