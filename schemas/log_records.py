"""What the records of each topic of the log are, and the small ones that are themselves all that their topic holds."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from schemas.observation import ObservationBundle
from schemas.original import ORIGINALS, OriginalsRecord
from schemas.record import (
    CALIPER,
    CATALOG,
    DEAD_LETTER_OUTCOMES,
    DEAD_LETTERS,
    LEAST_STORED,
    OBSERVATIONS,
    REVOCATIONS,
    STATEMENTS,
    CatalogRecord,
    DeadLetter,
    Header,
)
from schemas.revocation import Revocation


class LeastStored(msgspec.Struct, frozen=True):
    """What stands at `position` of a partition of statements, or after it, was stored after `after` (µs)."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    partition: int
    position: int
    after: int


class DeadLetterAction(StrEnum):
    """What can become of a dead letter."""

    RETRIED = "retried"
    DROPPED = "dropped"


class DeadLetterOutcome(msgspec.Struct, frozen=True):
    """What became of the dead letter at a position of its topic. time: µs since the epoch."""

    version: Annotated[int, msgspec.Meta(ge=1)]
    dead_letter: int
    action: DeadLetterAction
    time: int


RECORD_TYPES: dict[str, type] = {
    STATEMENTS: Header,
    CALIPER: Header,
    CATALOG: CatalogRecord,
    OBSERVATIONS: ObservationBundle,
    ORIGINALS: OriginalsRecord,
    DEAD_LETTERS: DeadLetter,
    DEAD_LETTER_OUTCOMES: DeadLetterOutcome,
    REVOCATIONS: Revocation,
    LEAST_STORED: LeastStored,
}
"""Of every topic but `direct`, which tools write. Of a bundle of statements it is the header that has a schema."""
