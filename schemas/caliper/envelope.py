"""The grammar of envelopes (Caliper 1.2, 3.1), and the slices of one: each event's and entity's own bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

import msgspec
import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.caliper.entity import CaliperEntity
from schemas.caliper.event import CaliperEvent
from schemas.caliper.first import FIRST_CONTEXT as FIRST
from schemas.caliper.first import is_first, renewed
from schemas.caliper.repair import repair
from schemas.invalid import Invalid
from schemas.xapi.body import split
from schemas.xapi.grammar import grammar_refusal
from schemas.xapi.repair import Repair
from schemas.xapi.values import Timestamp

VERSIONS = ("http://purl.imsglobal.org/ctx/caliper/v1p2", "http://purl.imsglobal.org/ctx/caliper/v1p1")
MOST_IN_ENVELOPE = 10_000  # things in one envelope
_LONGEST_VERSION = 200  # characters of a version that an error repeats


class Unsupported(Invalid):
    """An envelope of an unsupported version of Caliper."""


class EnvelopeHead(BaseModel):
    """An envelope without what it carries."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    sensor: str = Field(min_length=1)
    sendTime: Timestamp
    dataVersion: str
    data: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_IN_ENVELOPE)]


@dataclass(frozen=True, slots=True)
class CaliperEnvelope:
    """An envelope that passed.

    head is the envelope's bytes with no data; parts are the bytes of each thing in `data`. events are those parts
    that are events, by their index there; entities are the described ones, by id. Of a lenient sender's, repairs are
    those of each part, and refused is what could not be repaired.
    """

    version: str
    head: bytes
    parts: list[bytes]
    events: dict[int, CaliperEvent]
    entities: Mapping[str, CaliperEntity]
    repairs: dict[int, list[Repair]] = field(default_factory=dict)
    refused: dict[int, Invalid] = field(default_factory=dict)


class _Slices(msgspec.Struct):
    data: list[msgspec.Raw]


_slices = msgspec.json.Decoder(_Slices)
_Model = TypeVar("_Model", bound=BaseModel)


def parse(body: bytes, lenient: bool = False) -> CaliperEnvelope:
    """The envelope in a request's body. Raises Invalid (naming the field), or Unsupported of these.

    `lenient`: known faults are repaired, and a part that is wrong still is refused alone, unless all are.
    """
    pieces = split(body)
    if len(pieces) != 1 or body.lstrip()[:1] != b"{":
        raise Invalid("", "is not an envelope")
    try:
        sent: dict[str, Any] = orjson.loads(pieces[0])
    except orjson.JSONDecodeError as error:
        raise Invalid("", f"is not JSON: {error}") from None
    first = is_first(sent)
    head = _checked(EnvelopeHead, {**sent, "dataVersion": FIRST} if first else sent)
    if not first and head.dataVersion not in VERSIONS:
        supported = ", ".join((*VERSIONS, FIRST))
        raise Unsupported(
            "dataVersion", f"unsupported version {head.dataVersion[:_LONGEST_VERSION]!r} (supported: {supported})"
        )
    parts = [bytes(part) for part in _slices.decode(pieces[0]).data]
    entities: dict[str, CaliperEntity] = {}
    envelope = CaliperEnvelope(head.dataVersion, orjson.dumps({**sent, "data": []}), parts, {}, entities)
    for index, thing in enumerate(map(renewed, head.data) if first else head.data):
        try:
            repairs = repair(thing, f"data.{index}") if lenient else []
            if "eventTime" in thing or "action" in thing or str(thing.get("type", "")).endswith("Event"):
                envelope.events[index] = _checked(CaliperEvent, thing, f"data.{index}")
            else:
                entity = _checked(CaliperEntity, thing, f"data.{index}")
                entities[entity.id] = entity
        except Invalid as error:
            if not lenient:
                raise
            envelope.refused[index] = error
        else:
            if repairs:
                envelope.repairs[index] = repairs
    if len(envelope.refused) == len(parts):
        raise envelope.refused[0]
    return envelope


def _checked(model: type[_Model], sent: dict[str, Any], path: str = "") -> _Model:
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        named = grammar_refusal(sent, error)
        raise Invalid(".".join(filter(None, (path, named.field))), named.reason) from None
