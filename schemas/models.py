"""Versions of models, as events of the catalog topic: what was fitted to own answers, and which version is active."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

PART_BYTES = 1 << 20  # of a version's data in one event
SHIPPED = ""  # the version that Pacer comes with

Model = Literal["mastery"]


class _Event(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FittedPart(_Event):
    """One of the parts of a version: their data, in turn, are its weights as compressed JSON, in base64.

    The report says what the version is worth beside the one that was running; it comes with part 0.
    """

    kind: Literal["fitted"] = "fitted"
    model: Model = "mastery"
    version: str = Field(min_length=1, max_length=200)
    part: int = Field(ge=0)
    parts: int = Field(ge=1)
    data: str
    report: dict[str, Any] = {}


class Activation(_Event):
    """From here on this version makes the rows."""

    kind: Literal["activation"] = "activation"
    model: Model = "mastery"
    version: str = Field(max_length=200)
    by: str = Field(min_length=1, max_length=200)


class Compared(_Event):
    """Somebody was shown what a version would change beside the active one. The numbers are here, and no learners."""

    kind: Literal["compared"] = "compared"
    model: Model = "mastery"
    version: str = Field(max_length=200)
    against: str = Field(max_length=200)
    by: str = Field(min_length=1, max_length=200)
    differences: dict[str, Any]


ModelEvent = FittedPart | Activation | Compared


@dataclass(slots=True)
class ModelVersion:
    """A version as far as its events have come; `position` and `at` (µs) are the first one's."""

    version: str
    position: int
    at: int
    parts: list[str]
    report: dict[str, Any]
    read: Any = None  # the weights, once somebody has decoded them

    @property
    def complete(self) -> bool:
        return all(self.parts)

    @property
    def data(self) -> bytes:
        """The weights, as JSON."""
        return zlib.decompress(b64decode("".join(self.parts)))


class ActivatedVersion(NamedTuple):
    """A version that was made active, and when (µs)."""

    version: str
    at: int


@dataclass(slots=True)
class ModelVersions:
    """A tenant's versions of one model, and the active one; `since` is the position of its activation.

    `activated` are those that ever became active in place of another; `compared` is what was compared with it last.
    """

    known: dict[str, ModelVersion] = field(default_factory=dict)
    active: str = SHIPPED
    since: int = 0
    compared: Compared | None = None
    activated: list[ActivatedVersion] = field(default_factory=list)

    def apply(self, event: ModelEvent, position: int, at: int) -> None:
        """Fold one event in. What was said of a part first stays."""
        if isinstance(event, Activation):
            if event.version != self.active:
                self.activated.append(ActivatedVersion(event.version, at))
            self.active, self.since, self.compared = event.version, position, None
            return
        if isinstance(event, Compared):
            self.compared = event
            return
        version = self.known.get(event.version)
        if version is None:
            version = self.known[event.version] = ModelVersion(event.version, position, at, [""] * event.parts, {})
        if event.part < len(version.parts) and not version.parts[event.part]:
            version.parts[event.part] = event.data
            version.report = version.report or event.report


def parts_of(version: str, data: bytes, report: dict[str, Any]) -> list[FittedPart]:
    """The events of a version whose weights, as JSON, are `data`."""
    packed = b64encode(zlib.compress(data)).decode()
    pieces = [packed[start : start + PART_BYTES] for start in range(0, len(packed), PART_BYTES)]
    return [
        FittedPart(version=version, part=at, parts=len(pieces), data=piece, report={} if at else report)
        for at, piece in enumerate(pieces)
    ]
