"""An observation: what one statement means for one learner. The log holds observations in bundles."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import isfinite
from typing import Annotated

import msgspec

from schemas import envelope
from schemas.envelope import ENVELOPE_VERSION
from schemas.xapi.actor import identity

Order = tuple[int, int, str, int]  # bounded time, the sender's own time, statement id, ordinal


HINT = "hint"  # which help it was
SOLUTION = "solution"


class Kind(StrEnum):
    """What a learner did, or what was done to an earlier observation."""

    ATTEMPT = "attempt"  # answered an item
    SCORE = "score"  # a verdict or a score, on one item or on a whole
    COMPLETION = "completion"  # finished, or handed in
    EXPOSURE = "exposure"  # read, opened, searched for, …
    SESSION = "session"  # started, paused, resumed or ended working, or was logged in or out
    MEDIA = "media"  # played, paused, … video or audio
    FEEDBACK = "feedback"  # what the learner said of it, surveys too
    CHOICE = "choice"  # what the learner chose
    HELP = "help"  # a hint or a solution was shown, or help was asked for
    SOCIAL = "social"  # said something to others, or met them
    AWARD = "award"  # a badge or a certificate
    VOID = "void"  # retracts every observation of `statement`


class Observation(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one statement means for one learner.

    learner is the actor's key as the statement says it; person is its identity: what follows from the key alone. Whom
    rosters and merges make of it is looked up when observations are folded (see schemas.people).
    time is when it happened in microseconds since the epoch, UTC, bounded by when it was stored; sent is what the
    sender said of that. day is the local day (since the epoch) and midnight the moment it began, in µs; None where the
    zone is UTC. outcome is 1.0 right, 0.0 wrong, None not judged; share is the part of the marks, in [0, 1]. attempt
    names the try at the item, only where the tool does. by is who assessed: such an observation is evidence, and
    nothing the learner did then. provisional: the skills are the unit's, as nobody has said what the item teaches.
    duration is in seconds.
    (partition, sequence) is the statement's position in the log: within a partition, sequence only grows.
    Identity is (tenant, learner, time, statement, ordinal). Floats are finite: JSON has no other, so what the log
    says would differ from what a table says.

    A field that is added has a default, a column in processors.stages.observation_table, and one in the migrations.
    """

    tenant: str
    learner: str  # canonical actor, see schemas.xapi.actor
    time: int
    statement: str  # statement id, lower-case UUID
    ordinal: int
    kind: Kind
    verb: str
    item: str = ""  # activity id
    skills: tuple[str, ...] = ()
    outcome: float | None = None
    duration: float | None = None
    session: str = ""
    partition: int = 0
    sequence: int = 0
    sent: int | None = None  # None: as time
    day: int | None = None
    midnight: int | None = None
    share: float | None = None
    attempt: str = ""
    by: str = ""
    mode: str = ""  # cmi5's launch mode, in lower case, where it is not "normal"
    parents: tuple[str, ...] = ()  # ids of what the item is a part of, the nearest first
    position: float | None = None  # in the media, seconds
    provisional: bool = False
    assistance: str = ""  # of help: HINT or SOLUTION, where the tool says which
    classes: tuple[str, ...] = ()  # courses and groups in which it was work
    stretches: tuple[float, ...] = ()  # of the media that were played: start, end, start, end, …; seconds
    moved: bool = False  # its statement was admitted in another partition, whose order its sequence does not follow
    person: str = ""

    def __post_init__(self) -> None:
        if not self.person:
            msgspec.structs.force_setattr(self, "person", identity(self.learner))
        # One test for all, as this runs for every observation that is made or read; a sum may overflow by itself.
        if not isfinite((self.outcome or 0.0) + (self.duration or 0.0) + (self.share or 0.0) + (self.position or 0.0)):
            for name in FLOATS:
                value = getattr(self, name)
                if value is not None and not isfinite(value):
                    raise ValueError(f"{name} is not a finite number")

    @property
    def said(self) -> int:
        """When it happened, as the sender says."""
        return self.time if self.sent is None else self.sent

    @property
    def order(self) -> Order:
        """The order every fold folds in: bounded time, the sender's own time, statement id, ordinal."""
        return (self.time, self.time if self.sent is None else self.sent, self.statement, self.ordinal)


FLOATS = tuple(field.name for field in msgspec.structs.fields(Observation) if field.type in (float, float | None))


class ObservationBundle(msgspec.Struct, frozen=True, omit_defaults=True):
    """Observations of one record, made by one version of interpretation with one catalog.

    catalog is the position up to which (exclusive) changes of the catalog were known.
    in_order says that sequences grow along the partition of the topic, so that what has a smaller one than the last
    is a repeat. It is false of retractions, and of what was admitted, or is read, in another partition than its own.
    refold names persons (tenant, id) whose history is to be folded again, as what that depends on beside observations
    has changed: who they are, their zone, a limit.
    known is the position of the catalog up to which (exclusive) whoever reads the bundle has to know changes.
    """

    version: Annotated[int, msgspec.Meta(ge=1)]
    interpretation: int
    catalog: int
    observations: list[Observation]
    in_order: bool = True
    refold: list[tuple[str, str]] = []
    known: int = 0


_observations_decoder = msgspec.json.Decoder(ObservationBundle)


def encode_observations(
    observations: Sequence[Observation], interpretation: int, catalog: int, in_order: bool = True, known: int = 0
) -> bytes:
    """A bundle as JSON."""
    return envelope.encode(
        ObservationBundle(ENVELOPE_VERSION, interpretation, catalog, list(observations), in_order, [], known)
    )


def encode_refold(persons: Sequence[tuple[str, str]], interpretation: int, known: int) -> bytes:
    """A bundle that asks for persons to be folded again, by whoever knows the catalog up to a position."""
    return envelope.encode(ObservationBundle(ENVELOPE_VERSION, interpretation, 0, [], False, list(persons), known))


def decode_observations(value: bytes) -> ObservationBundle:
    """The bundle that `encode_observations` wrote. Raises Unreadable and UnknownVersion."""
    return envelope.decode(_observations_decoder, value, "a bundle of observations")
