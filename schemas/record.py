"""What the log holds: envelopes around statements, catalog changes and dead letters, and the names of its topics.

A record of statements is one line of JSON, a newline, and the statements' bytes as they came. It holds one or more
statements of one tenant, so a consumer pays the cost of a record once a bundle. The log adds to each record its
position, its time and what proves that it is as it was appended (see lrs.log).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, NamedTuple

import msgspec

from schemas import envelope
from schemas.envelope import ENVELOPE_VERSION, Unreadable

INDEX_BITS = 16  # a bundle holds fewer than 2**16 statements

STATEMENTS = "statements"
CATALOG = "catalog"
OBSERVATIONS = "observations"
DEAD_LETTERS = "dead_letters"
DIRECT = "direct"  # statements as tools write them themselves: JSON, with the tenant and the credential in headers
DEAD_LETTER_OUTCOMES = "dead_letter_outcomes"  # what became of them
REVOCATIONS = "revocations"  # of credentials
LEAST_STORED = "least_stored"  # times of statements that the log no longer tells (see lrs.record.least_stored)
CALIPER = "caliper"  # envelopes as they came: bundles whose first part is the envelope's head, with no data

# Stages, which are also the groups that keep their positions. Embedded, each fold is a group of its own.
INTAKE = "intake"
ADMIT = "admit"
PROJECT = "project"
PEOPLE = "people"
DECIDE = "decide"
REINTERPRET = "reinterpret"  # how far the changes of the catalog are applied to the past …
MOVED = "moved"  # … and how often rows were moved into the live tables for that


def sequence(position: int, index: int) -> int:
    """The sequence of the index-th statement of the bundle at `position`: grows along a partition of the log."""
    return (position << INDEX_BITS) | index


def position_of(sequence: int) -> int:
    """The position of the bundle that holds the statement with a sequence."""
    return sequence >> INDEX_BITS


def index_of(sequence: int) -> int:
    """The index, in its bundle, of the statement with a sequence."""
    return sequence & ((1 << INDEX_BITS) - 1)


class StoredFirst(NamedTuple):
    """Where and when a statement was stored first: its partition and sequence there, and its `stored` (µs)."""

    partition: int
    sequence: int
    stored: int


class ImportedFrom(msgspec.Struct, frozen=True, omit_defaults=True):
    """What another store said of an imported statement: its `stored` and its `authority` (JSON), as they came."""

    stored: str = ""
    authority: str = ""


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """The header of a bundle: the line before its statements; lists have a value for each of them."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    tenant: str
    credential: str
    time: int
    catalog: int
    lengths: list[Annotated[int, msgspec.Meta(ge=0)]]
    ids: list[str]
    seals: list[str | None] | None = None
    defines: bool = True
    origins: list[StoredFirst | None] | None = None
    imported: list[ImportedFrom | None] | None = None
    kept: list[str] | None = None


class Bundle(msgspec.Struct, frozen=True):
    """Statements that were accepted together.

    time is when they were accepted, µs since the epoch (their `stored` follows from the log's own time of the record);
    catalog is the catalog position they are interpreted with;
    seals names the key that each statement is sealed with (None: it is not sealed);
    defines says whether the credential may define activities and agents (xAPI 1.0.3, part 3, 4.2);
    origins is where each was stored first, when they were sent on to another partition, or came from another topic;
    kept has the sums of the attachments whose data came with them, and was kept before they were.
    """

    tenant: str
    credential: str
    time: int
    catalog: int
    ids: list[str]
    statements: list[bytes]
    seals: list[str | None] | None = None
    defines: bool = True
    origins: list[StoredFirst | None] | None = None
    imported: list[ImportedFrom | None] | None = None
    kept: list[str] | None = None

    def origin(self, index: int, partition: int, position: int, stored: int) -> StoredFirst:
        """Where and when the index-th statement was stored first.

        It is read at `position` of `partition`, and that record was stored at `stored`.
        """
        origin = self.origins[index] if self.origins else None
        return origin or StoredFirst(partition, sequence(position, index), stored + index)

    def part(self, indexes: Sequence[int], origins: Sequence[StoredFirst] | None = None) -> Bundle:
        """Some of the statements, as a bundle of their own, with all that is known of them.

        `origins`: of those statements, where they are sent on to another partition.
        """
        return msgspec.structs.replace(
            self,
            ids=[self.ids[index] for index in indexes],
            statements=[self.statements[index] for index in indexes],
            seals=self.seals and [self.seals[index] for index in indexes],
            origins=list(origins) if origins else self.origins and [self.origins[index] for index in indexes],
            imported=self.imported and [self.imported[index] for index in indexes],
        )

    def encode(self) -> bytes:
        """The bundle as bytes."""
        header = Header(
            ENVELOPE_VERSION,
            self.tenant,
            self.credential,
            self.time,
            self.catalog,
            [len(s) for s in self.statements],
            self.ids,
            self.seals,
            self.defines,
            self.origins,
            self.imported,
            self.kept,
        )
        return b"".join([envelope.encode(header), b"\n", *self.statements])

    @classmethod
    def decode(cls, value: bytes) -> Bundle:
        """The bundle that `encode` wrote. Raises Unreadable and UnknownVersion."""
        end = value.find(b"\n")
        if end < 0:
            raise Unreadable("not a record of statements: it has no header")
        header = envelope.decode(_header_decoder, value[:end], "a record of statements")
        statements, start = [], end + 1
        for length in header.lengths:
            statements.append(value[start : start + length])
            start += length
        lists = (header.ids, header.seals, header.origins, header.imported)
        if start != len(value) or any(each is not None and len(each) != len(statements) for each in lists):
            raise Unreadable("not a record of statements: the lengths do not add up to what follows")
        return cls(
            header.tenant,
            header.credential,
            header.time,
            header.catalog,
            header.ids,
            statements,
            header.seals,
            header.defines,
            header.origins,
            header.imported,
            header.kept,
        )


class CatalogRecord(msgspec.Struct, frozen=True):
    """Changes of a tenant's catalog that were made together, each as JSON of schemas.catalog.Change."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    tenant: str
    credential: str
    time: int
    changes: list[msgspec.Raw]


class DeadLetter(msgspec.Struct, frozen=True):
    """Something that could not be digested: by which stage, why, where in the log it is, and its bytes (as text)."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    stage: str
    reason: str
    topic: str
    position: int
    tenant: str
    time: int
    payload: str
    partition: int = 0


_header_decoder = msgspec.json.Decoder(Header)
_catalog_decoder = msgspec.json.Decoder(CatalogRecord)
_dead_letter = msgspec.json.Decoder(DeadLetter)


def decode_catalog(value: bytes) -> CatalogRecord:
    """A record of the topic `catalog`. Raises Unreadable and UnknownVersion."""
    return envelope.decode(_catalog_decoder, value, "a change of the catalog")


def decode_dead_letter(value: bytes) -> DeadLetter:
    """A record of the topic `dead_letters`. Raises Unreadable and UnknownVersion."""
    return envelope.decode(_dead_letter, value, "a dead letter")
