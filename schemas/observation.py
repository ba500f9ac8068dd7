"""An observation: what one statement means for one learner."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec


class Kind(StrEnum):
    """What a learner did, or what was done to an earlier observation."""

    ATTEMPT = "attempt"  # answered an item; outcome 1.0 right, 0.0 wrong, None not judged
    SCORE = "score"  # a scaled score on something that is no single item; outcome in [-1, 1]
    COMPLETION = "completion"
    EXPOSURE = "exposure"  # read, watched, launched, …
    FEEDBACK = "feedback"  # what the learner said of it
    CHOICE = "choice"  # what the learner chose
    VOID = "void"  # takes back every observation of `statement`


class Observation(NamedTuple):
    """One thing that happened to one learner.

    time is event time in microseconds since the epoch, UTC; duration in seconds.
    (partition, sequence) says where the statement stands in the log: within a partition, sequence only grows.
    Identity is (tenant, learner, time, statement, ordinal).
    """

    tenant: str
    learner: str  # canonical actor, see schemas.actor
    time: int
    statement: str  # statement id, lower-case UUID
    ordinal: int
    kind: Kind
    verb: str
    item: str  # activity id
    skills: tuple[str, ...]
    outcome: float | None
    duration: float | None
    session: str
    partition: int
    sequence: int

    @property
    def order(self) -> tuple[int, str, int]:
        """The order every fold folds in: event time, statement id, ordinal."""
        return (self.time, self.statement, self.ordinal)


_decoder = msgspec.json.Decoder(list[Observation])
_encoder = msgspec.json.Encoder()


def dump(observations: list[Observation]) -> bytes:
    """A bundle of observations as one JSON array of arrays."""
    return _encoder.encode(observations)


def load(bundle: bytes) -> list[Observation]:
    """The observations of a bundle.

    Raises ValueError when the bytes are not a bundle.
    """
    return _decoder.decode(bundle)
