"""The formats of single values in statements (xAPI 1.0.3, part 2, 4; IEEE 9274.1.1, 4.2.7)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from schemas.invalid import Invalid

LONGEST_IRI = 4_096  # characters; of a mailto IRI, too
LONGEST_ACCOUNT = 1_024  # characters of an account's name: with its home page, the longest key of an actor
MOST_ITEMS = 1_000  # context activities of one kind, context agents, context groups, members of a group
MOST_ATTACHMENTS = 100  # of a statement; of its SubStatement as many more

# RFC 3987 with the characters of RFC 3986 that must be escaped left out; a relative one names nothing.
_IRI = r'^[A-Za-z][A-Za-z0-9+.\-]*:[^\x00-\x20\x7f<>"{}|\\^`]+$'
_UUID_PATTERN = r"^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_MAILTO = r"^(?i:mailto):[^@\s]+@[^@\s]+$"
# RFC 5646, 2.1, with the irregular tags it grandfathers.
_LANGUAGE = (
    r"^(?i:"
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|[0-9]{3}))?"
    r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*(?:-[0-9a-wyz](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?"
    r"|x(?:-[a-z0-9]{1,8})+"
    r"|en-gb-oed|i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)|sgn-(?:be-fr|be-nl|ch-de)"
    r")$"
)
_WHOLE, _PART = "[0-9]+", "[0-9]+(?:[.,][0-9]+)?"  # only the smallest unit may have a fraction
_DURATION_PATTERN = (
    rf"^P(?:{_PART}W"
    rf"|(?:{_WHOLE}Y)?(?:{_WHOLE}M)?{_PART}D|(?:{_WHOLE}Y)?{_PART}M|{_PART}Y"
    rf"|(?:{_WHOLE}Y)?(?:{_WHOLE}M)?(?:{_WHOLE}D)?T"
    rf"(?:(?:{_WHOLE}H)?(?:{_WHOLE}M)?{_PART}S|(?:{_WHOLE}H)?{_PART}M|{_PART}H))$"
)
_SHA1_PATTERN = r"^[0-9a-fA-F]{40}$"
_SHA2 = r"^(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})$"
# In answers it is a line of a part's headers: nothing in it may end that line.
_MEDIA_TYPE = r"^[A-Za-z0-9!#$&^_.+\-]+/[A-Za-z0-9!#$&^_.+\-]+(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?$"
_DAY_PATTERN = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_HOURS, _SIXTY = "(?:[01][0-9]|2[0-3])", "[0-5][0-9]"
_SECONDS_PATTERN = rf":{_SIXTY}(?:[.,][0-9]+)?"
_TIMESTAMP = rf"^{_DAY_PATTERN}T{_HOURS}:{_SIXTY}(?:{_SECONDS_PATTERN})?(?:Z|[+-]{_HOURS}(?::?{_SIXTY})?)?$"  # ISO 8601
_INSTANT = rf"^{_DAY_PATTERN}T{_HOURS}:{_SIXTY}:{_SIXTY}(?:\.[0-9]+)?(?:Z|[+-]{_HOURS}:{_SIXTY})$"  # RFC 3339


def instant(text: str) -> datetime:
    """The moment that a timestamp names; one without an offset is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _real_time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("", "is not a time of the calendar") from None
    if text.endswith(("-00", "-0000", "-00:00")) and text.count("-") == 3:
        raise Invalid("", "has the offset -00:00, which says nothing")
    return text


Iri = Annotated[str, StringConstraints(pattern=_IRI, max_length=LONGEST_IRI)]
Uuid = Annotated[str, StringConstraints(pattern=_UUID_PATTERN)]
Mailto = Annotated[str, StringConstraints(pattern=_MAILTO, max_length=LONGEST_IRI)]
AccountName = Annotated[str, StringConstraints(max_length=LONGEST_ACCOUNT)]
Sha1 = Annotated[str, StringConstraints(pattern=_SHA1_PATTERN)]
Language = Annotated[str, StringConstraints(pattern=_LANGUAGE)]
LanguageMap = dict[Language, str]
Duration = Annotated[str, StringConstraints(pattern=_DURATION_PATTERN)]
Timestamp = Annotated[str, StringConstraints(pattern=_TIMESTAMP), AfterValidator(_real_time)]
Instant = Annotated[str, StringConstraints(pattern=_INSTANT), AfterValidator(_real_time)]
Extensions = dict[Iri, Any]
Number = Annotated[float, Field(allow_inf_nan=False)]
Sha2 = Annotated[str, StringConstraints(pattern=_SHA2)]
MediaType = Annotated[str, StringConstraints(pattern=_MEDIA_TYPE)]

REASONS = {
    _IRI: "is not an absolute IRI",
    _UUID_PATTERN: "is not a UUID",
    _MAILTO: "is not a mailto IRI",
    _SHA1_PATTERN: "is not a SHA-1 sum in hex",
    _SHA2: "is not a SHA-2 sum in hex",
    _LANGUAGE: "is not a language tag of RFC 5646",
    _DURATION_PATTERN: "is not an ISO 8601 duration",
    _TIMESTAMP: "is not an ISO 8601 timestamp",
    _INSTANT: "is not an RFC 3339 timestamp",
    _MEDIA_TYPE: "is not a media type",
}
