"""What GET of statements can be asked (xAPI 1.0.3, part 3, 2.1.3; IEEE 9274.1.1, 4.1.6.1)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import msgspec
import orjson
from starlette.requests import Request

from lrs.api.xapi_parameters import Parameters
from lrs.http.errors import HttpError
from lrs.http.whole_numbers import whole_number
from lrs.record.finder import MOST_PAGE_STATEMENTS, StatementFilter
from schemas.xapi.actor import learner_key

_PARAMETERS_OF_ONE = ("statementId", "voidedStatementId")
_STATEMENT_FORMS = ("exact", "ids", "canonical")
_FREE = frozenset({"format", "attachments"})  # these go with everything
_FILTER_PARAMETERS = frozenset(
    {"agent", "verb", "activity", "registration", "related_activities", "related_agents", "since", "until", "limit"}
)
_QUERY_PARAMETERS = _FILTER_PARAMETERS | _FREE | {*_PARAMETERS_OF_ONE, "ascending", "cursor"}
_cursor_decoder = msgspec.json.Decoder(tuple[int, int, int])


@dataclass(frozen=True, slots=True)
class StatementsQuery:
    """One statement (`id`), or those that `filter` finds; in which form, with or without attachments' data."""

    form: str
    attachments: bool
    id: str = ""
    voided: bool = False
    filter: StatementFilter | None = None


def statements_query(request: Request, credential: str) -> StatementsQuery:
    """What a request asks; `credential` narrows to what it sent itself, unless empty. Raises HttpError (400)."""
    parameters = Parameters(request, _QUERY_PARAMETERS)
    form = parameters.text("format") if "format" in parameters else "exact"
    if form not in _STATEMENT_FORMS:
        raise HttpError(400, f"unknown format (supported: {', '.join(_STATEMENT_FORMS)})", "format")
    attachments = _flag_parameter(parameters, "attachments")
    for name in _PARAMETERS_OF_ONE:
        if id_ := parameters.uuid(name):
            if forbidden_beside := request.query_params.keys() - _FREE - {name}:
                raise HttpError(400, f"{name} can be combined with format and attachments only", min(forbidden_beside))
            return StatementsQuery(form, attachments, id_, name == "voidedStatementId")
    return StatementsQuery(form, attachments, filter=_statement_filter(parameters, credential))


def pack_cursor(after: tuple[int, int, int]) -> str:
    """Where the next page starts, as a parameter."""
    return base64.urlsafe_b64encode(orjson.dumps(after)).decode().rstrip("=")


def _statement_filter(parameters: Parameters, credential: str) -> StatementFilter:
    limit = whole_number(parameters.text("limit")) if "limit" in parameters else 0
    if limit is None:
        raise HttpError(400, "limit must be an integer of 0 or more", "limit")
    return StatementFilter(
        agent=learner_key(parameters.agent("agent")) if "agent" in parameters else "",
        verb=parameters.iri("verb") if "verb" in parameters else "",
        activity=parameters.iri("activity") if "activity" in parameters else "",
        registration=parameters.uuid("registration") or "",
        related_agents=_flag_parameter(parameters, "related_agents"),
        related_activities=_flag_parameter(parameters, "related_activities"),
        credential=credential,
        since=parameters.time("since"),
        until=parameters.time("until"),
        ascending=_flag_parameter(parameters, "ascending"),
        limit=min(limit, MOST_PAGE_STATEMENTS) or MOST_PAGE_STATEMENTS,
        after=_unpack_cursor(parameters.text("cursor")) if "cursor" in parameters else None,
    )


def _flag_parameter(parameters: Parameters, name: str) -> bool:
    value = parameters.text(name) if name in parameters else "false"
    if value not in ("true", "false"):
        raise HttpError(400, f"{name} must be true or false", name)
    return value == "true"


def _unpack_cursor(cursor: str) -> tuple[int, int, int]:
    try:
        return _cursor_decoder.decode(base64.urlsafe_b64decode(cursor + "=="))
    except (ValueError, msgspec.MsgspecError):
        raise HttpError(400, "invalid cursor", "cursor") from None
