"""The grammar of statements, 1.0.3 and 2.0 (xAPI 1.0.3, part 2, 2.4; IEEE 9274.1.1, 4.2)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, StringConstraints, Tag, with_config
from typing_extensions import TypedDict

from schemas.invalid import Invalid
from schemas.xapi.activity import Activity
from schemas.xapi.agent import Actor, Agent, Authority, Group
from schemas.xapi.context import Context1, Context2, StatementRef
from schemas.xapi.result import Result
from schemas.xapi.values import MOST_ATTACHMENTS, Instant, Iri, LanguageMap, MediaType, Sha2, Timestamp, Uuid
from schemas.xapi.verbs import VOIDED

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"

_STRICT = ConfigDict(strict=True, extra="forbid")  # holds for everything within, too


class _Verb(TypedDict):
    id: Iri
    display: NotRequired[LanguageMap]


class _Attachment(TypedDict):
    usageType: Iri
    display: LanguageMap
    description: NotRequired[LanguageMap]
    contentType: MediaType
    length: Annotated[int, Field(ge=0)]
    sha2: Sha2
    fileUrl: NotRequired[Iri]  # optional only beside the data in multipart/mixed: see Checked.attachments


def _signs(attachment: dict[str, Any]) -> dict[str, Any]:
    if attachment["usageType"] == SIGNATURE and attachment["contentType"] != "application/octet-stream":
        raise Invalid("contentType", "must be application/octet-stream for a signature")
    return attachment


def _activity_alone(statement: dict[str, Any]) -> dict[str, Any]:
    context = statement.get("context")
    if context and statement["object"].get("objectType", "Activity") != "Activity":
        for name in ("revision", "platform"):
            if name in context:
                raise Invalid(f"context.{name}", "is allowed only where the object is an activity")
    return statement


def _voids(statement: dict[str, Any]) -> dict[str, Any]:
    if statement["verb"]["id"] == VOIDED and statement["object"].get("objectType") != "StatementRef":
        raise Invalid("object.objectType", "must be StatementRef in a statement that voids")
    return _activity_alone(statement)


_OBJECT_TYPES = ("Agent", "Group", "StatementRef", "SubStatement")


def _kind(value: object) -> str:
    kind = value.get("objectType") if isinstance(value, dict) else None
    return f"<{kind}>" if kind in _OBJECT_TYPES else "<Activity>"


_Plain = (
    Annotated[Activity, Tag("<Activity>")]
    | Annotated[Agent, Tag("<Agent>")]
    | Annotated[Group, Tag("<Group>")]
    | Annotated[StatementRef, Tag("<StatementRef>")]
)


def _plain_kind(value: object) -> str:
    kind = _kind(value)
    return "<Activity>" if kind == "<SubStatement>" else kind


class _Said(TypedDict):
    actor: Actor
    verb: _Verb
    result: NotRequired[Result]
    attachments: NotRequired[
        Annotated[list[Annotated[_Attachment, AfterValidator(_signs)]], Field(max_length=MOST_ATTACHMENTS)]
    ]


class _Sub(_Said):
    objectType: Literal["SubStatement"]
    object: Annotated[_Plain, Discriminator(_plain_kind)]


class _Sub1(_Sub):
    context: NotRequired[Context1]
    timestamp: NotRequired[Timestamp]


class _Sub2(_Sub):
    context: NotRequired[Context2]
    timestamp: NotRequired[Instant]


class _Whole(_Said):
    id: NotRequired[Uuid]
    authority: NotRequired[Authority]


@with_config(_STRICT)
class _Statement1(_Whole):
    object: Annotated[
        _Plain | Annotated[Annotated[_Sub1, AfterValidator(_activity_alone)], Tag("<SubStatement>")],
        Discriminator(_kind),
    ]
    context: NotRequired[Context1]
    timestamp: NotRequired[Timestamp]
    stored: NotRequired[Timestamp]
    version: NotRequired[Annotated[str, StringConstraints(pattern=r"^1\.0(?:\.[0-9]+)?$")]]


@with_config(_STRICT)
class _Statement2(_Whole):
    object: Annotated[
        _Plain | Annotated[Annotated[_Sub2, AfterValidator(_activity_alone)], Tag("<SubStatement>")],
        Discriminator(_kind),
    ]
    context: NotRequired[Context2]
    timestamp: NotRequired[Instant]
    stored: NotRequired[Instant]
    version: NotRequired[Annotated[str, StringConstraints(pattern=r"^(?:1\.0(?:\.[0-9]+)?|2\.0\.[0-9]+)$")]]


Statement1 = Annotated[_Statement1, AfterValidator(_voids)]
Statement2 = Annotated[_Statement2, AfterValidator(_voids)]
